"""The tests; `tests.sources.provider` is a stand-in for all network providers."""
