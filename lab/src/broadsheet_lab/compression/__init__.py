"""Vectors made small: codes that keep inner products, and the arithmetic on them."""
