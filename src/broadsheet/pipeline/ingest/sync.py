"""Providers → catalogue: the network sources of a library, behind one rate-limited client."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from broadsheet.catalogue import Catalogue, Run
from broadsheet.kit.errors import BroadsheetError, UsageError
from broadsheet.kit.progress import Progress
from broadsheet.pipeline.ingest.client import client_of
from broadsheet.pipeline.ingest.ingest import ingest, ingest_pages
from broadsheet.pipeline.records import IngestReport, SourceStatus
from broadsheet.settings import Settings
from broadsheet.sources.contract import NetworkSource
from broadsheet.sources.net.http import PoliteClient
from broadsheet.sources.net.rate_limit import Endpoints, ProviderState
from broadsheet.sources.providers.arxiv_feed import ArxivFeed
from broadsheet.sources.providers.arxiv_oai import ArxivOai
from broadsheet.sources.providers.daily_papers import DailyPapers
from broadsheet.sources.providers.followed import Followed, followed
from broadsheet.sources.providers.lookup import lookup
from broadsheet.sources.providers.openalex import OpenAlex
from broadsheet.sources.providers.semantic_scholar import SemanticScholar

__all__ = ["NAMES", "add_related", "look_up", "statuses", "sync"]

NAMES = {  # name of the source → its provider's queue
    "arxiv": "arxiv",  # the harvest of new and changed records
    "arxiv-feed": "arxiv",  # today's announcements
    "daily-papers": "daily-papers",  # of another place
    "openalex": "openalex",  # of the authors and papers that are followed
    "semantic-scholar": "semantic-scholar",  # likewise
}


def _endpoints(settings: Settings) -> Endpoints:
    arxiv = settings.arxiv
    urls = settings.crossref.url, settings.datacite.url, settings.daily_papers.url
    graphs = settings.openalex.url, settings.semantic_scholar.url
    return Endpoints(arxiv.oai_url, arxiv.feed_url, arxiv.api_url, *urls, *graphs)


def _client(catalogue: Catalogue, settings: Settings) -> PoliteClient:
    providers = _endpoints(settings).providers()
    return client_of(catalogue, settings, providers, url=settings.contact.url, sleep=time.sleep)


def openalex(
    client: PoliteClient, settings: Settings, follow: Sequence[Followed] = (), limit: int | None = None
) -> OpenAlex:
    """OpenAlex, as the settings say."""
    return OpenAlex(client, follow, base_url=settings.openalex.url, key=settings.openalex.key, limit=limit)


def semantic_scholar(
    client: PoliteClient, settings: Settings, follow: Sequence[Followed] = (), limit: int | None = None
) -> SemanticScholar:
    """Semantic Scholar, as the settings say."""
    own = settings.semantic_scholar
    return SemanticScholar(client, follow, base_url=own.url, key=own.key, limit=limit)


def _source(name: str, client: PoliteClient, settings: Settings, limit: int | None) -> NetworkSource:
    arxiv = settings.arxiv
    if name == "arxiv":
        return ArxivOai(client, arxiv.sets, base_url=arxiv.oai_url, from_days=arxiv.days, limit=limit)
    if name == "daily-papers":
        daily = settings.daily_papers
        ours = urlsplit(settings.community.url).netloc.lower()
        return DailyPapers(client, base_url=daily.url, days=daily.days, token=daily.token, ours=ours, limit=limit)
    if name == "openalex":
        return openalex(client, settings, [followed(text) for text in settings.openalex.follow], limit)
    if name == "semantic-scholar":
        return semantic_scholar(client, settings, [followed(text) for text in settings.semantic_scholar.follow], limit)
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
    """Harvest the sources with these names, by default arXiv and those that editions take papers from.

    Errors of a source are in its report's messages.

    `limit` ends a source after about that many records, `stop` after the page during which it turns true; the next
    run continues there.
    """
    unknown = [n for n in names if n not in NAMES]
    if unknown:
        raise UsageError(f"no source named {unknown[0]!r}; there are {', '.join(NAMES)}")
    reports = []
    with _client(catalogue, settings) as client:
        for name in names or _usual(settings):
            started = catalogue.now()
            try:
                report = ingest_pages(catalogue, _source(name, client, settings, limit), on_progress, stop)
            except BroadsheetError as error:
                report = IngestReport(name, messages=(str(error),))
            report = replace(report, source=name)
            catalogue.harvest.log_run(name, started, {**asdict(report), "paper_ids": len(report.paper_ids)})
            reports.append(report)
    return reports


def _usual(settings: Settings) -> tuple[str, ...]:
    wanted = {
        *settings.edition.sources,
        *(["openalex"] if settings.openalex.follow else []),
        *(["semantic-scholar"] if settings.semantic_scholar.follow else []),
    }
    return ("arxiv", *(name for name in NAMES if name != "arxiv" and name in wanted))


def look_up(
    catalogue: Catalogue, settings: Settings, ids: Sequence[str], on_progress: Progress | None, *, again: bool = True
) -> IngestReport:
    """Fetch the papers of identifiers, and store them; without `again` deleted ones stay out."""
    with _client(catalogue, settings) as client:
        graphs = openalex(client, settings), semantic_scholar(client, settings)
        items = lookup(client, ids, endpoints=_endpoints(settings), graphs=graphs)
        return ingest(catalogue, "lookup", items, on_progress, total=len(ids), again=again)


def add_related(
    catalogue: Catalogue, settings: Settings, things: Sequence[str], on_progress: Progress | None
) -> list[IngestReport]:
    """Store the papers of authors, and those that cite papers, in one report each. Raises UsageError, SourceError."""
    reports = []
    wanted = [followed(text) for text in things]
    with _client(catalogue, settings) as client:
        for one in wanted:
            at_s2 = one.kind == "s2" or one.scheme in {"acl", "s2"}
            source = semantic_scholar(client, settings) if at_s2 else openalex(client, settings)
            reports.append(replace(ingest(catalogue, one.label, source.author(one), on_progress), source=one.label))
    return reports


def statuses(catalogue: Catalogue, settings: Settings) -> list[SourceStatus]:
    """The status of every network source and of every imported file."""
    last: dict[str, Run] = {}
    for entry in reversed(catalogue.harvest.runs(500)):
        last[entry.source] = entry
    counts = catalogue.harvest.source_counts()
    result = []
    for name, provider in NAMES.items():
        state = ProviderState.from_dict(catalogue.harvest.get_provider(provider))
        run = last.pop(name, None)
        messages = run.report.get("messages", []) if run is not None else []
        parked_until = (
            datetime.fromtimestamp(state.parked_until, UTC) if state.is_parked(catalogue.now().timestamp()) else None
        )
        word = "parked" if parked_until else "never run" if run is None else "failed" if messages else "ready"
        error = str(messages[-1]) if messages else state.last_error
        ran = run.finished if run is not None else None
        brought = counts.get(name, 0)
        result.append(
            SourceStatus(name, "network", word, ran, error, parked_until, brought, _cursors(catalogue, settings, name))
        )
    for name, file_run in sorted(last.items()):
        messages = file_run.report.get("messages", [])
        word = "failed" if messages else "ready"
        error = str(messages[-1]) if messages else ""
        brought = int(file_run.report.get("papers", 0))
        result.append(SourceStatus(name, "file", word, file_run.finished, error, None, brought, ""))
    return result


def _cursors(catalogue: Catalogue, settings: Settings, name: str) -> str:
    """Where the next run of a source begins, for people; "" where nothing is stored."""
    daily = urlsplit(settings.daily_papers.url).netloc.rpartition("@")[2].lower()
    names = {
        "arxiv": {s: f"arxiv-oai:{s}" for s in settings.arxiv.sets},
        "daily-papers": {daily: f"daily-papers:{daily}"},
    }
    cursors = names.get(name, {}).items()
    return "; ".join(f"{s}: {value}" for s, key in cursors if (value := catalogue.harvest.cursor(key)))
