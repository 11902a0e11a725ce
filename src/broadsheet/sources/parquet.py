"""Parquet tables of papers, read a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from broadsheet.kit.errors import RecordError, SourceError
from broadsheet.kit.paper import Record
from broadsheet.sources.contract import Item
from broadsheet.sources.rows import DROPPED, paper_of
from broadsheet.sources.text import rejected

__all__ = ["ParquetSource"]

_BATCH = 2048  # rows held as Python objects at a time: about 10 MiB of abstracts
_EXPECTED = "a Parquet table with a column `title`"


class ParquetSource:
    """Rows of a Parquet table; columns as `rows.paper_of` names them, in any order."""

    name = "parquet"
    suffixes = (".parquet", ".pq")

    def sniff(self, head: bytes) -> bool:
        """Parquet begins with its magic number."""
        return head.startswith(b"PAR1")

    def read(self, path: Path) -> Iterator[Item]:
        """Every row. A damaged row group is rejected as a whole. Raises SourceError if the footer is unreadable."""
        try:
            file = pq.ParquetFile(path)
            columns = [name for name in file.schema_arrow.names if name.lower() not in DROPPED]
        except FileNotFoundError:
            raise SourceError(f"{path}: no such file; expected {_EXPECTED}") from None
        except (OSError, ValueError, pa.ArrowException) as error:
            reason = str(error).splitlines()[0][:200]
            raise SourceError(f"{path}: is no readable Parquet file, perhaps cut short ({reason})") from error
        with file:
            if "title" not in columns:
                raise SourceError(f"{path}: has no column `title` (it has {', '.join(columns[:20])}); rename one")
            row = 0
            for group in range(file.num_row_groups):
                yield from _read_group(file, path, group, row, columns)
                row += file.metadata.row_group(group).num_rows


def _read_group(file: pq.ParquetFile, path: Path, group: int, first: int, columns: list[str]) -> Iterator[Item]:
    source, row = f"parquet:{path.name}", first
    try:
        for batch in file.iter_batches(_BATCH, row_groups=[group], columns=columns):
            names = batch.schema.names
            for values in zip(*map(_to_list, batch.columns), strict=True):
                row += 1
                yield _item(dict(zip(names, values, strict=True)), source, f"{path.name}:row {row}")
    except (OSError, ValueError, pa.ArrowException) as error:
        rest = f"{path.name}:row group {group + 1}, after row {row}"
        yield rejected(source, rest, f"the rest of this row group is damaged: {str(error).splitlines()[0][:300]}")


def _item(row: dict[str, Any], source: str, place: str) -> Item:
    try:
        paper, source_id = paper_of(row)
    except RecordError as error:
        return rejected(source, place, str(error), str({name: value for name, value in row.items() if value}))
    return Record(paper, source, source_id, place)


def _to_list(column: pa.Array) -> list[Any]:
    """The column as Python values. Lists of text are cut out of one flat list, several times faster than row by row."""
    if not (pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type)):
        return list(column.to_pylist())
    ends = column.offsets.to_pylist()
    flat = column.values.to_pylist()
    return [flat[start:end] for start, end in pairwise(ends)]
