"""What passes through Redis: wake-up calls for workers and their signs of life."""
