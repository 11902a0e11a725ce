"""Vectors → a map of the library: every paper a place in the plane, near papers near each other, in named regions."""
