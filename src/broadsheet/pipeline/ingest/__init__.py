"""Sources → catalogue: files and providers."""
