"""People: who they are, and in which language and time zone they read."""
