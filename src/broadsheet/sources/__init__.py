"""Where papers come from: one file a source, files and providers alike. The only room that fetches.

`contract.py` says what a source gives, `files.py` finds the right reader for a file, `export.py` writes.
"""
