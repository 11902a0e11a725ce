"""Providers → catalogue: the network sources a library is set up for, behind one polite client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime

from broadsheet.catalogue import Catalogue, Run
from broadsheet.kit.errors import BroadsheetError, UsageError
from broadsheet.kit.progress import Progress
from broadsheet.pipeline.ingest.ingest import ingest, ingest_pages
from broadsheet.pipeline.records import IngestReport, SourceStatus
from broadsheet.settings import Settings
from broadsheet.sources.contract import NetworkSource
from broadsheet.sources.net.http import PoliteClient
from broadsheet.sources.net.rate_limit import Endpoints, ProviderState, user_agent
from broadsheet.sources.providers.arxiv_feed import ArxivFeed
from broadsheet.sources.providers.arxiv_oai import ArxivOai
from broadsheet.sources.providers.lookup import lookup

__all__ = ["NAMES", "look_up", "statuses", "sync"]

NAMES = {  # name of the source → its provider's queue
    "arxiv": "arxiv",  # the harvest of new and changed records
    "arxiv-feed": "arxiv",  # today's announcements
}


def _endpoints(settings: Settings) -> Endpoints:
    arxiv = settings.arxiv
    return Endpoints(arxiv.oai_url, arxiv.feed_url, arxiv.api_url, settings.crossref.url, settings.datacite.url)


@contextmanager
def _client(catalogue: Catalogue, settings: Settings) -> Iterator[PoliteClient]:
    agent = user_agent(url=settings.contact.url, email=settings.contact.email)
    providers = _endpoints(settings).providers()
    store = catalogue.harvest.provider_store()

    def clock() -> float:
        return catalogue.now().timestamp()

    with PoliteClient(providers, user_agent=agent, state=store, clock=clock, sleep=time.sleep) as client:
        yield client


def _source(name: str, client: PoliteClient, settings: Settings, limit: int | None) -> NetworkSource:
    arxiv = settings.arxiv
    if name == "arxiv":
        return ArxivOai(client, arxiv.sets, base_url=arxiv.oai_url, from_days=arxiv.days, limit=limit)
    categories = [s.split(":", 1)[-1].replace(":", ".") for s in arxiv.sets]  # cs:cs:LG is announced as cs.LG
    return ArxivFeed(client, categories, base_url=arxiv.feed_url)


def sync(
    catalogue: Catalogue,
    settings: Settings,
    names: Sequence[str] = (),
    *,
    limit: int | None = None,
    on_progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[IngestReport]:
    """Harvest the named sources, or the arXiv harvest if none is named. Trouble with one is in its report's messages.

    `limit` ends a source after about that many records, `stop` after the page during which it turns true; the next
    run goes on there.
    """
    unknown = [n for n in names if n not in NAMES]
    if unknown:
        raise UsageError(f"no source named {unknown[0]!r}; there are {', '.join(NAMES)}")
    reports = []
    with _client(catalogue, settings) as client:
        for name in names or ("arxiv",):
            started = catalogue.now()
            try:
                report = ingest_pages(catalogue, _source(name, client, settings, limit), on_progress, stop)
            except BroadsheetError as error:
                report = IngestReport(name, messages=(str(error),))
            report = replace(report, source=name)
            catalogue.harvest.log_run(name, started, {**asdict(report), "paper_ids": len(report.paper_ids)})
            reports.append(report)
    return reports


def look_up(catalogue: Catalogue, settings: Settings, ids: Sequence[str], on_progress: Progress | None) -> IngestReport:
    """Fetch the papers of arXiv ids and DOIs."""
    with _client(catalogue, settings) as client:
        found = lookup(client, ids, endpoints=_endpoints(settings))
        return ingest(catalogue, "lookup", found, on_progress, total=len(ids), again=True)


def statuses(catalogue: Catalogue, settings: Settings) -> list[SourceStatus]:
    """How every network source is, and every file that was read."""
    last: dict[str, Run] = {}
    for one in reversed(catalogue.harvest.runs(500)):
        last[one.source] = one
    counts = catalogue.harvest.source_counts()
    found = []
    for name, provider in NAMES.items():
        state = ProviderState.from_dict(catalogue.harvest.get_provider(provider))
        run = last.pop(name, None)
        messages = run.report.get("messages", []) if run is not None else []
        parked = datetime.fromtimestamp(state.parked_until, UTC) if state.parked(catalogue.now().timestamp()) else None
        word = "parked" if parked else "never run" if run is None else "failed" if messages else "ready"
        error = str(messages[-1]) if messages else state.last_error
        cursor = "; ".join(
            f"{s}: {value}" for s in settings.arxiv.sets if (value := catalogue.harvest.cursor(f"arxiv-oai:{s}"))
        )
        ran = run.finished if run is not None else None
        brought = counts.get(name, 0)
        found.append(
            SourceStatus(name, "network", word, ran, error, parked, brought, cursor if name == "arxiv" else "")
        )
    for name, read in sorted(last.items()):
        messages = read.report.get("messages", [])
        word = "failed" if messages else "ready"
        error = str(messages[-1]) if messages else ""
        brought = int(read.report.get("papers", 0))
        found.append(SourceStatus(name, "file", word, read.finished, error, None, brought, ""))
    return found
