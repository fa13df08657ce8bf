"""Puts codes and parameters into words, when somebody reads them."""
