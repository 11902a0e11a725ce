"""Papers from a source of your own: records from a table that no reader of files knows.

python examples/own_source.py prints

    3 read, 2 added, 1 quarantined
    notes.tsv:3: no title
    Reading Rooms of the Invented Past, Ada Example
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator

import broadsheet
from broadsheet.kit.paper import Paper, Person, Record, Rejected

TABLE = """n1\tReading Rooms of the Invented Past\tAda Example
n2\tA Shelf for Every Imaginary Book\tBo Sample; Cy Third
n3\t\tDi Fourth
"""


def read(table: io.StringIO) -> Iterator[Record | Rejected]:
    """A record for each line, or the reason why it is none: a bad line never costs the others."""
    for number, (key, title, names) in enumerate(csv.reader(table, delimiter="\t"), start=1):
        place = f"notes.tsv:{number}"
        if not title:
            yield Rejected("notes", place, "no title", raw=key)
            continue
        authors = tuple(Person(name.strip()) for name in names.split(";"))
        yield Record(Paper(title=title, authors=authors), source="notes", source_id=key, place=place)


def main() -> None:
    """Add the table to a library and look at what came in and what stayed out."""
    with tempfile.TemporaryDirectory() as folder, broadsheet.open(folder) as library:
        report = library.add_items("notes", read(io.StringIO(TABLE)))
        print(f"{report.read} read, {report.added} added, {report.quarantined} quarantined")
        for record in library.quarantine():
            print(f"{record.place}: {record.reason}")
        paper = library.paper("n1").paper
        print(f"{paper.title}, {paper.authors[0].name}")


if __name__ == "__main__":
    main()
