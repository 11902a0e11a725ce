"""Everything specific to one database: one folder per dialect; this module re-exports the dialect in use.

`sql` holds the text of every query, generated from `statements` by scripts/statements.py, so that reading does not
import SQLAlchemy. `driver` opens connections, `in_list` encodes a list parameter, and `numbers` decodes a list result.
`building` has the functions that build statements; it imports SQLAlchemy.
"""

from broadsheet.catalogue.dialects.sqlite import driver
from broadsheet.catalogue.dialects.sqlite import queries as sql
from broadsheet.catalogue.dialects.sqlite.driver import Reading, in_list, numbers

__all__ = ["Reading", "driver", "in_list", "numbers", "sql"]
