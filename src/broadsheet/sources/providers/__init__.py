"""Reads providers on the network; one module for each kind of answer."""
