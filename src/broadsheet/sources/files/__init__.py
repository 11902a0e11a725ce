"""Reads and writes files of papers; one module per format."""
