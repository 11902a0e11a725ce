"""Benchmarks, on small worlds."""
