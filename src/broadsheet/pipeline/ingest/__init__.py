"""Sources → catalogue: files, pages and providers read into the library."""
