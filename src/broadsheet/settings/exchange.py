"""The sections about other places that know papers and readers' libraries."""

from __future__ import annotations

from dataclasses import dataclass

from broadsheet.settings.kinds import ADDRESS, TEXTS, integer, setting, text

__all__ = ["OpenAlex", "SemanticScholar", "Zotero"]

_KEY = text(r"[!-~]{0,200}", "letters, digits and signs")


@dataclass(frozen=True)
class OpenAlex:
    """OpenAlex, which `broadsheet sync openalex` and `add --author-of` ask for the papers of authors."""

    url: str = setting("https://api.openalex.org", ADDRESS, "Where it answers.")
    key: str = setting("", _KEY, "A key of access, which is free; without one a day has few requests.")
    follow: tuple[str, ...] = setting((), TEXTS, 'Whose papers: "orcid:…", "openalex:A…", and "cites:DOI".')


@dataclass(frozen=True)
class SemanticScholar:
    """Semantic Scholar, which `broadsheet sync semantic-scholar` and `add --author-of` ask for authors' papers."""

    url: str = setting("https://api.semanticscholar.org", ADDRESS, "Where it answers.")
    key: str = setting("", _KEY, "A key of access; without one its limits are shared by everybody.")
    follow: tuple[str, ...] = setting((), TEXTS, 'Whose papers: "s2:NUMBER", and "cites:DOI".')


@dataclass(frozen=True)
class Zotero:
    """Zotero, whose libraries readers may connect."""

    url: str = setting("https://api.zotero.org", ADDRESS, "The web API.")
    local_url: str = setting(
        "http://localhost:23119/api",
        text(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(/[!-~]*)?", "an http address of this machine"),
        "The Zotero on this machine, for a reader who asks for it; never where people have accounts.",
    )
    hours: int = setting(6, integer(0, 168), "Hours between two syncs of a connection in `serve`; 0: never.")
