"""Every statement that the catalogue runs, built with SQLAlchemy Core: one module per topic.

Queries are also stored as text (see `dialects`), so that reading does not import SQLAlchemy; writes run from here.
"""
