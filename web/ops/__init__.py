"""Running the site: its health, its status page, its preparation."""
