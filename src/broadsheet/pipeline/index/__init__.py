"""Catalogue → index: immutable segments of papers, opened as a snapshot to search."""
