"""`make test` and its parts."""
