"""Invented papers, and how each provider would tell them: no line of it is anybody's but ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from xml.sax.saxutils import escape

OAI = "http://www.openarchives.org/OAI/2.0/"
ATOM = "http://www.w3.org/2005/Atom"
ARXIV_ATOM = "http://arxiv.org/schemas/atom"
DC = "http://purl.org/dc/elements/1.1/"
OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
LICENCE = "http://creativecommons.org/licenses/by/4.0/"

_HOW = ("Sparse", "Dense", "Late", "Causal", "Robust", "Streaming", "Federated", "Quantised", "Contrastive", "Lexical")
_WHAT = ("ranking", "retrieval", "recommendation", "clustering", "indexing", "summarisation", "diversification")
_WHERE = ("tidal archives", "orchard surveys", "railway manuals", "lighthouse logs", "museum letters", "glacier notes")
_GIVEN = ("Ada", "José", "Mei", "Olu", "Ingrid", "Ravi", "Zoë", "Tomasz")
_FAMILY = ("Example", "Sample", "Placeholder", "Specimen", "Instance", "Token", "Pattern")


@dataclass(frozen=True, slots=True)
class Invented:
    """One paper of the stand-in. `datestamp` is the day its record last changed; `announce` its type in the feed."""

    key: str
    title: str
    abstract: str = "An invented abstract with $x^2$ in it."
    authors: tuple[tuple[str, str], ...] = (("Ada", "Example"), ("José", "Sample"))
    suffix: str = ""  # of the last author
    categories: tuple[str, ...] = ("cs.IR",)
    created: date = date(2026, 3, 1)
    updated: date | None = None
    datestamp: date = date(2026, 3, 3)
    doi: str = ""
    journal: str = ""
    comments: str = ""
    version: int = 1
    announce: str = "new"
    deleted: bool = False

    @property
    def sets(self) -> tuple[str, ...]:
        return tuple(f"{name.split('.')[0]}:{name.split('.')[0]}:{name.split('.')[-1]}" for name in self.categories)


def invented(count: int, *, first_day: date = date(2026, 3, 2), per_day: int = 5) -> tuple[Invented, ...]:
    """`count` different papers in the order of their days; every second one is cs.IR, the others cs.LG and cs.IR."""
    papers = []
    for n in range(count):
        day = first_day + timedelta(days=n // per_day)
        how, what, where = _HOW[n % 10], _WHAT[n // 10 % 7], _WHERE[n // 70 % 6]
        authors = tuple((_GIVEN[(n + i) % 8], _FAMILY[(n * 3 + i) % 7]) for i in range(1 + n % 3))
        papers.append(
            Invented(
                key=f"{day:%y%m}.{n + 1:05d}",
                title=f"{how} {what} for {where}, study {n + 1}",
                abstract=f"We invent {how.lower()} {what}\n  and try it on {where}. Paper {n + 1} of a made-up series.",
                authors=authors,
                categories=("cs.IR",) if n % 2 == 0 else ("cs.LG", "cs.IR"),
                created=day - timedelta(days=1),
                updated=day,
                datestamp=day,
            )
        )
    return tuple(papers)


def oai_record(paper: Invented) -> str:
    """As a <record> of OAI-PMH in the arXiv format."""
    specs = "".join(f"<setSpec>{name}</setSpec>" for name in paper.sets)
    status = ' status="deleted"' if paper.deleted else ""
    header = (
        f"<header{status}><identifier>oai:arXiv.org:{paper.key}</identifier>"
        f"<datestamp>{paper.datestamp}</datestamp>{specs}</header>"
    )
    if paper.deleted:
        return f"<record>{header}</record>"
    people = ""
    for i, (given, family) in enumerate(paper.authors, 1):
        suffix = f"<suffix>{paper.suffix}</suffix>" if paper.suffix and i == len(paper.authors) else ""
        people += f"<author><keyname>{escape(family)}</keyname><forenames>{escape(given)}</forenames>{suffix}</author>"
    optional = {"comments": paper.comments, "journal-ref": paper.journal, "doi": paper.doi}
    others = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in optional.items() if text)
    updated = f"<updated>{paper.updated}</updated>" if paper.updated else ""
    return (
        f'<record>{header}<metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>{paper.key}</id>'
        f"<created>{paper.created}</created>{updated}<authors>{people}</authors>"
        f"<title>{escape(paper.title)}</title><categories>{' '.join(paper.categories)}</categories>{others}"
        f"<license>{LICENCE}</license><abstract>{escape(paper.abstract)}</abstract></arXiv></metadata></record>"
    )


def oai_page(inner: str, day: date) -> str:
    """As a whole answer of OAI-PMH."""
    return f'<?xml version="1.0"?><OAI-PMH xmlns="{OAI}"><responseDate>{day}T04:10:00Z</responseDate>{inner}</OAI-PMH>'


def atom_feed(title: str, papers: list[Invented], day: date) -> str:
    """As arXiv's announcement feed in Atom."""
    entries = ""
    for paper in papers:
        guid = f"arXiv.org:{paper.key}v{paper.version}"
        terms = "".join(f'<category term="{name}"/>' for name in paper.categories)
        entries += (
            f"<entry><id>oai:{guid}</id><title>{escape(paper.title)}</title><updated>{day}T05:00:11+00:00</updated>"
            f'<link href="https://arxiv.org/abs/{paper.key}" rel="alternate" type="text/html"/>'
            f"<summary>{guid.replace('.org', '')} Announce Type: {paper.announce} \nAbstract: {escape(paper.abstract)}"
            f"</summary>{terms}<published>{day}T00:00:00-05:00</published>"
            f"<arxiv:announce_type>{paper.announce}</arxiv:announce_type><dc:rights>{LICENCE}</dc:rights>"
            f"<dc:creator>{escape(_creator(paper))}</dc:creator></entry>"
        )
    return (
        f'<?xml version="1.0"?><feed xmlns="{ATOM}" xmlns:arxiv="{ARXIV_ATOM}" xmlns:dc="{DC}" xml:lang="en-us">'
        f"<id>http://rss.arxiv.org/atom/x</id><title>{escape(title)}</title>"
        f"<updated>{day}T05:00:11.120000+00:00</updated>{entries}</feed>"
    )


def rss_feed(title: str, papers: list[Invented], day: date) -> str:
    """As arXiv's announcement feed in RSS 2.0."""
    when = f"{day:%a, %d %b %Y} 00:00:00 -0500"
    items = ""
    for paper in papers:
        guid = f"arXiv.org:{paper.key}v{paper.version}"
        terms = "".join(f"<category>{name}</category>" for name in paper.categories)
        items += (
            f"<item><title>{escape(paper.title)}</title><link>https://arxiv.org/abs/{paper.key}</link>"
            f"<description>{guid.replace('.org', '')} Announce Type: {paper.announce} \nAbstract: "
            f'{escape(paper.abstract)}</description><guid isPermaLink="false">oai:{guid}</guid>{terms}'
            f"<pubDate>{when}</pubDate><arxiv:announce_type>{paper.announce}</arxiv:announce_type>"
            f"<dc:rights>{LICENCE}</dc:rights><dc:creator>{escape(_creator(paper))}</dc:creator></item>"
        )
    return (
        f'<?xml version="1.0"?><rss version="2.0" xmlns:arxiv="{ARXIV_ATOM}" xmlns:dc="{DC}"><channel>'
        f"<title>{escape(title)}</title><link>http://rss.arxiv.org/rss/x</link><description>invented</description>"
        f"<pubDate>{when}</pubDate><skipDays><day>Sunday</day></skipDays>{items}</channel></rss>"
    )


def api_feed(papers: list[Invented], total: int) -> str:
    """As the answer of arXiv's query API."""
    entries = ""
    for paper in papers:
        people = "".join(f"<author><name>{escape(f'{g} {f}')}</name></author>" for g, f in paper.authors)
        terms = "".join(f'<category term="{name}"/>' for name in (*paper.categories, "H.3.3", "68P20"))
        doi = f"<arxiv:doi>{escape(paper.doi)}</arxiv:doi>" if paper.doi else ""
        entries += (
            f"<entry><id>http://arxiv.org/abs/{paper.key}v{paper.version}</id>"
            f"<published>{paper.created}T10:00:00Z</published>"
            f"<updated>{paper.updated or paper.created}T10:00:00Z</updated>"
            f"<title>{escape(paper.title)}</title><summary>{escape(paper.abstract)}</summary>{people}{terms}"
            f'<arxiv:primary_category term="{paper.categories[0]}"/>{doi}</entry>'
        )
    return (
        f'<?xml version="1.0"?><feed xmlns="{ATOM}" xmlns:arxiv="{ARXIV_ATOM}" xmlns:opensearch="{OPENSEARCH}">'
        f"<opensearch:totalResults>{total}</opensearch:totalResults>{entries}</feed>"
    )


def api_error(message: str) -> str:
    """As the query API tells of an error: a feed of one entry."""
    return (
        f'<?xml version="1.0"?><feed xmlns="{ATOM}" xmlns:opensearch="{OPENSEARCH}"><opensearch:totalResults>1'
        f"</opensearch:totalResults><entry><id>http://arxiv.org/api/errors#made_up</id><title>Error</title>"
        f"<summary>{escape(message)}</summary></entry></feed>"
    )


def crossref_work(paper: Invented) -> str:
    """As Crossref's answer to /works/{doi}."""
    people = [{"given": g, "family": f, "sequence": "first", "affiliation": []} for g, f in paper.authors]
    day = paper.created
    work = {
        "DOI": paper.doi, "title": [paper.title], "author": people, "type": "journal-article",
        "abstract": f"<jats:title>Abstract</jats:title><jats:p>{escape(paper.abstract)}</jats:p>",
        "container-title": [paper.journal] if paper.journal else [], "publisher": "Invented Press",
        "issued": {"date-parts": [[day.year, day.month, day.day]]}, "is-referenced-by-count": 3,
        "relation": {"has-preprint": [{"id": f"10.48550/arXiv.{paper.key}", "id-type": "doi"}]},
    }  # fmt: skip
    return json.dumps({"status": "ok", "message-type": "work", "message": work})


def datacite_work(paper: Invented, doi: str) -> str:
    """As DataCite's answer to /dois/{doi}."""
    people = [{"name": f"{f}, {g}", "nameType": "Personal", "givenName": g, "familyName": f} for g, f in paper.authors]
    work = {
        "doi": doi, "titles": [{"title": paper.title}], "creators": people, "publicationYear": paper.created.year,
        "descriptions": [{"description": paper.abstract, "descriptionType": "Abstract"}], "publisher": "Invented",
        "dates": [{"date": paper.created.isoformat(), "dateType": "Submitted"}],
        "types": {"resourceTypeGeneral": "Preprint"}, "url": f"https://arxiv.org/abs/{paper.key}",
    }  # fmt: skip
    return json.dumps({"data": {"id": doi, "type": "dois", "attributes": work}})


def _creator(paper: Invented) -> str:
    return ", ".join(f"{given} {family}" for given, family in paper.authors)
