"""Deduplication: decides whether two records are one paper, merges papers, and undoes merges."""
