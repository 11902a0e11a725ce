"""Retrieval: weightings of documents and queries, and fusion of scores."""
