"""What `labs lint` looks for in a lab that can be read, one rule a function."""
