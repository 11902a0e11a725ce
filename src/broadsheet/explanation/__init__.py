"""Explanations: why a paper is on a reader's page, and what its sentences are about."""
