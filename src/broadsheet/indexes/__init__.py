"""Indexes that find the best rows for a query vector, dense or sparse, under exact filters."""
