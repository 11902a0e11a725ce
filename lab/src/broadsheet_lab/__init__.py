"""The laboratory: methods that were tried, benchmarks, and what they measured. It depends on broadsheet."""
