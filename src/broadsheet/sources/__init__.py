"""Reads papers from files and providers, and writes them for export. The only package that uses the network.

`contract.py` defines a source, `files/detect.py` chooses the reader for a file, `export.py` lists the writers.
"""
