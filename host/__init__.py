"""What Podlab needs of the machine it runs on. Standard library only: it runs before any package is there."""
