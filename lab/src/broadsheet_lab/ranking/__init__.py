"""Ranking methods that the product does not use."""
