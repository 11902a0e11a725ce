"""What a database writes and does in its own way: one folder a dialect, and the one in use behind plain names.

`sql` has the text of every query, made from `statements` by scripts/statements.py: reading needs no SQLAlchemy.
`driver` opens connections, `in_list` and `numbers` pass lists to a query and take them out of one. What statements are
built with is in `building`, which loads SQLAlchemy.
"""

from broadsheet.catalogue.dialects.sqlite import driver
from broadsheet.catalogue.dialects.sqlite import queries as sql
from broadsheet.catalogue.dialects.sqlite.driver import Reading, in_list, numbers

__all__ = ["Reading", "driver", "in_list", "numbers", "sql"]
