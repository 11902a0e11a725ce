"""Deduplication: when two records are one paper, and what becomes of papers that turn out to be one."""
