"""The tests of the laboratory."""
