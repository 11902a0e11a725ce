"""The SQLite dialect: driver, compilation of statements, and the text of every query."""
