"""What Podlab needs of its machine. Standard library only: it runs before any package is there."""
