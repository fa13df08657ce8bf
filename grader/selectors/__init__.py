"""Reads. Nothing here changes anything, and the status of the system never raises."""
