from __future__ import annotations

from datetime import UTC, datetime

from broadsheet.catalogue import Catalogue
from broadsheet.kit.paper import Rejected


def test_quarantine_does_not_pile_up(catalogue: Catalogue) -> None:
    bad = [Rejected("bibtex:x", "x:3", "no title", "@article{}"), Rejected("bibtex:x", "x:9", "no title", "z" * 50_000)]
    catalogue.papers.add([], rejected=bad)
    catalogue.papers.add([], rejected=[*bad, Rejected("bibtex:x", "x:3", "no title", "later")])
    kept = {row.place: row for row in catalogue.harvest.quarantine()}
    assert (len(kept), catalogue.harvest.quarantine_count()) == (2, 2)
    assert (kept["x:3"].source, kept["x:3"].reason, kept["x:3"].raw) == ("bibtex:x", "no title", "later")
    assert len(kept["x:9"].raw) == 20_000
    assert len(catalogue.harvest.quarantine(limit=1)) == 1
    assert catalogue.harvest.clear_quarantine([kept["x:3"].id, 999]) == 1
    assert catalogue.harvest.clear_quarantine() == 1
    assert catalogue.harvest.quarantine() == []


def test_cursors(catalogue: Catalogue) -> None:
    assert catalogue.harvest.cursor("arxiv-oai:cs") is None
    catalogue.papers.add([], cursor=("arxiv-oai:cs", "token|2026-03-01"))
    assert catalogue.harvest.cursor("arxiv-oai:cs") == "token|2026-03-01"


def test_providers(catalogue: Catalogue) -> None:
    assert catalogue.harvest.get_provider("arxiv") == {}
    catalogue.harvest.set_provider("arxiv", {"failures": 1, "etag": "x"})
    store = catalogue.harvest.provider_store()
    assert store.update("arxiv", lambda old: {**old, "failures": old["failures"] + 1}) == {"failures": 2, "etag": "x"}
    assert store.get("arxiv") == catalogue.harvest.get_provider("arxiv") == {"failures": 2, "etag": "x"}


def test_runs(catalogue: Catalogue) -> None:
    started = datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert catalogue.harvest.log_run("arxiv", started, {"added": 3}) == 1
    assert catalogue.harvest.log_run("refs.bib", started.replace(tzinfo=None), {"messages": ["ä"]}) == 2
    second, first = catalogue.harvest.runs()
    assert (first.source, first.started, first.report) == ("arxiv", started, {"added": 3})
    assert (second.started, second.report) == (started, {"messages": ["ä"]})
    assert [run.id for run in catalogue.harvest.runs(limit=1)] == [2]
