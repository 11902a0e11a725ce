"""Retrieval: term weighting and fusion of scores."""
