"""SQLite: the driver, how it writes statements, and every query as its text."""
