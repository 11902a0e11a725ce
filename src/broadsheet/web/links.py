"""Links from a paper to other sites and to searches here. Pure functions that read no library."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from broadsheet.catalogue.community.people_index import name_key
from broadsheet.community.people import author_slug
from broadsheet.kit.paper import Paper, Person
from broadsheet.kit.web_address import web_url

__all__ = ["Link", "author_link", "card_links", "coins", "links", "search_link", "web_url"]

_RESOLVERS = (  # (label, identifier scheme, address of its page, address of its PDF)
    ("arXiv", "arxiv", "https://arxiv.org/abs/{}", "https://arxiv.org/pdf/{}"),
    ("DOI", "doi", "https://doi.org/{}", ""),
    ("ACL Anthology", "acl", "https://aclanthology.org/{}", "https://aclanthology.org/{}.pdf"),
    ("OpenReview", "openreview", "https://openreview.net/forum?id={}", "https://openreview.net/pdf?id={}"),
    ("PubMed", "pmid", "https://pubmed.ncbi.nlm.nih.gov/{}", ""),
    ("OpenAlex", "openalex", "https://openalex.org/{}", ""),
    ("Semantic Scholar", "s2", "https://www.semanticscholar.org/paper/{}", ""),
)
_CARD_LINKS = 4
_SAME_HOST = {"dx.doi.org": "doi.org", "export.arxiv.org": "arxiv.org"}
_UNSAFE = re.compile(r"[^A-Za-z0-9_.~ -]+")
_ARXIV_VERSION = re.compile(r"(?<=\d)v\d+$")


@dataclass(frozen=True, slots=True)
class Link:
    """A labelled address; always http or https."""

    label: str
    href: str


def links(paper: Paper) -> tuple[Link, ...]:
    """All links of a paper: one for each identifier, the PDF, and other safe addresses, without duplicates."""
    links_ = [
        Link(label, page.format(quote(value, safe="/:().;_-")))
        for label, scheme, page, _ in _RESOLVERS
        if (value := getattr(paper.ids, scheme))
    ]
    urls = [url for url in map(web_url, paper.urls) if url]
    if pdf := _pdf(paper, urls):
        links_.append(Link("PDF", pdf))
    places = {_place(link.href) for link in links_}
    for url in urls:
        if _place(url) not in places:
            places.add(_place(url))
            links_.append(Link((urlsplit(url).hostname or "").removeprefix("www."), url))
    return tuple(links_)


def author_link(person: Person) -> str:
    """The page of an author."""
    key = f"orcid:{person.orcid}" if person.orcid else name_key(person.name)
    return f"/authors/{quote(author_slug(key), safe='')}"


def card_links(places: Sequence[Link]) -> tuple[Link, ...]:
    """The few links that a card shows, the PDF first."""
    pdf_first = sorted(places, key=lambda link: link.label != "PDF")
    return tuple(pdf_first[:_CARD_LINKS])


def _pdf(paper: Paper, others: list[str]) -> str:
    """The address of the PDF: from the record, else from its other addresses, else at its archive."""
    if url_of_record := web_url(paper.pdf_url):
        return url_of_record
    for url in others:
        if urlsplit(url).path.lower().endswith(".pdf"):
            return url
    for _, scheme, _, address in _RESOLVERS:
        if address and (value := getattr(paper.ids, scheme)):
            return address.format(quote(value, safe="/.-_"))
    return ""


def _place(url: str) -> str:
    """A key that is equal for all spellings of one address."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    host = _SAME_HOST.get(host, host)
    path = parts.path.rstrip("/")
    if host == "arxiv.org":
        path = _ARXIV_VERSION.sub("", path.removesuffix(".pdf"))
    if host == "doi.org":
        path = path.lower()
    return f"{host}{path}?{parts.query}"


def search_link(field: str, value: str) -> str:
    """The address of a search for one field: /search?q=author:"Ada Lovelace"."""
    if field:
        return f"/search?q={_quoted(field)}%3A%22{_quoted(value.replace(chr(34), ' '))}%22"
    return f"/search?q={_quoted(value)}"


def _quoted(value: str) -> str:
    """Quote like `quote_plus`, but several times as fast: Python code runs for unsafe characters only."""
    return _UNSAFE.sub(lambda match: quote(match[0], safe=""), value).replace(" ", "+")


def coins(paper: Paper, places: Sequence[Link]) -> str:
    """The OpenURL context object (COinS) that reference managers read from a list page; `places` are its links."""
    fields = [("ctx_ver", "Z39.88-2004"), ("rft_val_fmt", "info:ofi/fmt:kev:mtx:dc"), ("rft.title", paper.title)]
    fields += [("rft.creator", person.name) for person in paper.authors]
    if day := paper.announced or paper.submitted:
        fields.append(("rft.date", day.isoformat()))
    elif paper.year:
        fields.append(("rft.date", str(paper.year)))
    if paper.venue:
        fields.append(("rft.source", paper.venue))
    if paper.ids.doi:
        fields.append(("rft.identifier", f"info:doi/{paper.ids.doi}"))
    fields += [("rft.identifier", link.href) for link in places[:1]]
    fields.append(("rft.type", paper.kind or "preprint"))
    return "&".join(f"{name}={_quoted(value)}" for name, value in fields)
