"""Converts text from files and providers to clean Unicode: encodings, markup, LaTeX, names, dates."""
