"""What was seen of a workspace: its model, how it is cleaned, read back and looked at."""
