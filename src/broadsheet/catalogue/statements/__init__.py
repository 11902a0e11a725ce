"""Every statement that the catalogue runs, built with SQLAlchemy Core: one module a topic.

What asks is also kept as text (see `dialects`), so that reading does not load SQLAlchemy; what changes something is run
from here.
"""
