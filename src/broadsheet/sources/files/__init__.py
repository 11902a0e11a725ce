"""Files of papers, one module a format; readers and writers."""
