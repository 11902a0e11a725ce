"""Indexes that the product does not use."""
