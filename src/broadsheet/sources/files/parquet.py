"""Reads Parquet tables of papers, one batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from broadsheet.kit.errors import RecordError, SourceError, with_extra
from broadsheet.kit.paper import Record
from broadsheet.sources.contract import Item
from broadsheet.sources.files.columns import reading_order
from broadsheet.sources.files.tabular import paper_of
from broadsheet.sources.text.clean import rejected

if TYPE_CHECKING:  # the import takes half a second, and most runs read no Parquet
    import pyarrow.parquet as pq

__all__ = ["ParquetSource"]

_BATCH = 2048  # rows in memory as Python objects: about 10 MiB of abstracts
_EXPECTED = "a Parquet table with a column `title`"


class ParquetSource:
    """Rows of a Parquet table; columns as `tabular.paper_of` reads them, in any order."""

    name = "parquet"
    suffixes = (".parquet", ".pq")

    def sniff(self, head: bytes) -> bool:
        """Whether the file begins with the magic number of Parquet."""
        return head.startswith(b"PAR1")

    def read(self, path: Path) -> Iterator[Item]:
        """Yield every row. Damage in a row group is rejected; its other columns and the other groups are read.

        Raises SourceError if the footer is unreadable or pyarrow is not installed.
        """
        file = _open(path)
        with file:
            names = list(dict.fromkeys(file.schema_arrow.names))
            fields = dict(reading_order(tuple(names)))
            columns = [name for name in names if name in fields]
            if "title" not in fields.values():
                raise SourceError(f"{path}: has no column `title` (it has {', '.join(columns[:20])}); rename one")
            row = 0
            for group in range(file.num_row_groups):
                yield from _read_group(file, path, group, row, columns)
                row += file.metadata.row_group(group).num_rows


def _open(path: Path) -> pq.ParquetFile:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise SourceError(f"{path}: reading Parquet needs pyarrow: {with_extra('parquet')}") from error
    try:
        file = pq.ParquetFile(path, coerce_int96_timestamp_unit="us")
        file.schema_arrow  # noqa: B018  # read now, so that an error is raised here
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file; expected {_EXPECTED}") from None
    except (OSError, ValueError, pa.ArrowException) as error:
        raise SourceError(f"{path}: is not a readable Parquet file, perhaps cut short ({_reason(error)})") from error
    return file


def _read_group(file: pq.ParquetFile, path: Path, group: int, first: int, columns: list[str]) -> Iterator[Item]:
    """Yield the rows of one row group; if it is damaged, the remaining rows from the readable columns."""
    source, row = f"parquet:{path.name}", first
    try:
        for batch in file.iter_batches(_BATCH, row_groups=[group], columns=columns):
            for values in _rows(batch):
                row += 1
                yield _item(values, source, f"{path.name}:row {row}")
        return
    except _damage() as error:
        reason = _reason(error)
    readable, damaged_columns = _readable_columns(file, group, columns)
    is_lost = "title" in {field for name, field in reading_order(tuple(columns)) if name in damaged_columns}
    place = f"{path.name}:row group {group + 1}, after row {row}"
    if is_lost or not damaged_columns:
        yield rejected(source, place, f"the rest of this row group is damaged: {reason}")
        return
    yield rejected(source, place, f"read without {', '.join(damaged_columns)[:200]}, damaged here: {reason}")
    yield from _read_rest(file, path, group, row, row - first, readable)


def _read_rest(
    file: pq.ParquetFile, path: Path, group: int, row: int, skipped: int, columns: list[str]
) -> Iterator[Item]:
    """Yield the rows of a row group after the first `skipped`; `row` is the number of the last skipped row."""
    source, count = f"parquet:{path.name}", 0
    for batch in file.iter_batches(_BATCH, row_groups=[group], columns=columns):
        for values in _rows(batch):
            count += 1
            if count > skipped:
                row += 1
                yield _item(values, source, f"{path.name}:row {row}")


def _readable_columns(file: pq.ParquetFile, group: int, columns: list[str]) -> tuple[list[str], list[str]]:
    """(readable columns of the row group, damaged columns)."""
    readable, damaged_columns = [], []
    for name in columns:
        try:
            for batch in file.iter_batches(_BATCH, row_groups=[group], columns=[name]):
                del batch
            readable.append(name)
        except _damage():
            damaged_columns.append(name)
    return readable, damaged_columns


def _damage() -> tuple[type[Exception], ...]:
    """The errors that reading a damaged file raises."""
    import pyarrow as pa

    return (OSError, ValueError, MemoryError, pa.ArrowException)


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


def _rows(batch: Any) -> Iterator[dict[str, Any]]:
    from broadsheet.sources.files.arrow_values import to_python

    names = batch.schema.names
    for values in zip(*map(to_python, batch.columns), strict=True):
        yield dict(zip(names, values, strict=True))


def _item(row: dict[str, Any], source: str, place: str) -> Item:
    try:
        paper, source_id = paper_of(row)
    except RecordError as error:
        return rejected(source, place, str(error), str({name: value for name, value in row.items() if value}))
    return Record(paper, source, source_id, place)
