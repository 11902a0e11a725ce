"""Ranking: models of a reader, rerankers, and the order of a page."""
