"""No text, however odd, stops a batch of records."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.catalogue import Catalogue
from broadsheet.kit.paper import Paper, Person, Record, Rejected

HOSTILE = st.text(st.characters(codec=None), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(HOSTILE, HOSTILE, HOSTILE, st.integers(-(2**70), 2**70)), max_size=4))
def test_no_text_stops_a_batch(catalogue: Catalogue, rows: list[tuple[str, str, str, int]]) -> None:
    records = [
        Record(
            Paper(
                a, abstract=b, authors=(Person(c, affiliations=(a,)),), year=n, venue=c, extra={a: [b]}, keywords=(b,)
            ),
            f"jsonl:{b}",
            c,
            a,
        )
        for a, b, c, n in rows
    ]
    added = catalogue.papers.add(records, rejected=[Rejected(a, b, c, a) for a, b, c, _ in rows])
    assert len(catalogue.papers.stored(added.paper_ids)) == len(set(added.paper_ids))
    assert catalogue.papers.add(records).paper_ids == added.paper_ids
