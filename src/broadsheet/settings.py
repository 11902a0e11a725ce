"""What an operator may set: `broadsheet.toml` in the library folder, and `BROADSHEET_SECTION__KEY` in the environment.

The environment wins over the file, the file over the defaults below. Every key is typed and known: a misspelt
key or an impossible value is a SettingError that names the place, the key and the nearest valid one.
"""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from broadsheet.kit.errors import SettingError

__all__ = ["FILE_NAME", "Settings", "load"]

FILE_NAME = "broadsheet.toml"
_PREFIX = "BROADSHEET_"

Share = Annotated[float, Field(ge=0.0, le=1.0)]
WebAddress = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]


class _Section(BaseModel):
    """A table of the file: fixed once read, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Server(_Section):
    """The pages, the API and the feeds."""

    host: str = Field(default="127.0.0.1", description="The address to serve on; this machine's own only.")
    port: int = Field(default=8000, ge=0, le=65535, description="0 takes any free one.")
    title: str = Field(default="Broadsheet", min_length=1, max_length=80, description="The name on the pages.")
    token: str = Field(
        default="auto",
        pattern=r"^(auto|off|[A-Za-z0-9_-]{16,200})$",
        description="What a browser needs to come in: `auto`, another at every start; `off`; or one of your own, 16 "
        "characters or more (letters, digits, `-`, `_`).",
    )


class Contact(_Section):
    """Who runs this library; the network sources ask for it."""

    email: str = Field(default="", pattern=r"^$|^[^@\s<>]+@[^@\s<>]+$", description="An address of yours.")
    url: str = Field(default="", pattern=r"^$|^https?://[^\s]+$", description="A page about you or your group.")


class Arxiv(_Section):
    """What to harvest from arXiv, and where it answers."""

    sets: tuple[str, ...] = Field(default=("cs:cs:IR", "cs:cs:LG"), description="The OAI-PMH sets to harvest.")
    days: int = Field(default=7, ge=1, le=3650, description="How far back the first harvest goes.")
    oai_url: WebAddress = Field(default="https://oaipmh.arxiv.org/oai", description="The OAI-PMH endpoint.")
    feed_url: WebAddress = Field(default="https://rss.arxiv.org/atom", description="The daily announcements.")
    api_url: WebAddress = Field(
        default="https://export.arxiv.org/api/query", description="Where single papers are looked up."
    )


class Crossref(_Section):
    """Where DOIs are looked up first."""

    url: WebAddress = Field(default="https://api.crossref.org/works", description="The works endpoint.")


class Datacite(_Section):
    """Where DOIs are looked up that Crossref does not know."""

    url: WebAddress = Field(default="https://api.datacite.org/dois", description="The DOIs endpoint.")


class Feed(_Section):
    """The mix of a new reader's page; each reader may change it."""

    recency: Share = Field(default=0.25, description="The weight of new papers.")
    diversity: Share = Field(default=0.3, description="The weight of difference between the papers of a page.")
    exploration: Share = Field(default=0.05, description="The share of the page outside the reader's interests.")
    size: int = Field(default=20, ge=1, le=100, description="Papers on a page.")


class Search(_Section):
    """How a search joins words and meaning, and how much text a result shows."""

    # the best of 0.2, 0.3 and 0.4 on the development half of the benchmark's queries
    semantic: Share = Field(default=0.2, description="The share of meaning; the rest is the words'.")
    snippet_words: int = Field(default=40, ge=5, le=200, description="Words of a snippet.")


class Index(_Section):
    """How the indexes are kept."""

    vectors: Literal["auto", "scan", "ivf", "vamana"] = Field(
        default="auto", description="The vector index; `auto` chooses by the number of papers."
    )


class Settings(BaseModel):
    """All settings of one library, frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    server: Server = Server()
    contact: Contact = Contact()
    arxiv: Arxiv = Arxiv()
    crossref: Crossref = Crossref()
    datacite: Datacite = Datacite()
    feed: Feed = Feed()
    search: Search = Search()
    index: Index = Index()


def load(folder: Path | None = None) -> Settings:
    """The settings of the library in `folder`; the defaults and the environment alone without one.

    Raises SettingError for an unreadable file, an unknown key or a wrong value.
    """
    path = folder / FILE_NAME if folder else None
    table = _table(path) if path and path.is_file() else {}
    _known(table, path)
    variables = _variables(os.environ)
    for (section, key), name in variables.items():
        table.setdefault(section, {})[key] = _value(section, key, name)
    try:
        return Settings(**table)
    except ValidationError as error:
        raise SettingError(_explain(error, path, variables)) from None


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: cannot be read ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{path}: not valid TOML: {error}") from None


def _keys() -> dict[str, list[str]]:
    """Section -> its keys."""
    return {
        name: list(field.annotation.model_fields)
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


def _known(table: Mapping[str, Any], path: Path | None) -> None:
    sections = _keys()
    for section, content in table.items():
        if section not in sections:
            raise SettingError(f"{path}: unknown section [{section}]; {_nearest(section, sections)}")
        if not isinstance(content, dict):
            raise SettingError(f"{path}: {section} = {content!r} should be a section: write [{section}] and keys below")
        for key in content:
            if key not in sections[section]:
                raise SettingError(f"{path}: unknown key {key!r} in [{section}]; {_nearest(key, sections[section])}")


def _variables(environment: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """(section, key) -> variable, for every BROADSHEET_SECTION__KEY; others (BROADSHEET_LIBRARY) are not settings."""
    sections, found = _keys(), {}
    for name in environment:
        upper = name.upper()
        if not upper.startswith(_PREFIX) or "__" not in upper:
            continue
        section, _, key = upper.removeprefix(_PREFIX).lower().partition("__")
        if section not in sections:
            raise SettingError(f"environment: {name} names no section; {_nearest(section, sections)}")
        if key not in sections[section]:
            raise SettingError(f"environment: {name} names no key of [{section}]; {_nearest(key, sections[section])}")
        found[section, key] = name
    return found


def _value(section: str, key: str, name: str) -> object:
    """What the variable `name` says: text, from which numbers are read, or a list in JSON."""
    text = os.environ[name]
    if not isinstance(getattr(getattr(Settings(), section), key), tuple):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise SettingError(f"environment: {name} = {text!r}: {error}; a list is written as JSON") from None


def _nearest(name: str, valid: Mapping[str, Any] | list[str]) -> str:
    close = difflib.get_close_matches(name.lower(), list(valid), n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(valid)}"


def _explain(error: ValidationError, path: Path | None, variables: Mapping[tuple[str, str], str]) -> str:
    """The first problem in one line: where, which key, what was given, what is wanted."""
    first = error.errors(include_url=False)[0]
    section, key = (*(str(part) for part in first["loc"]), "", "")[:2]
    place = variables.get((section, key)) or str(path or "settings")
    return f"{place}: [{section}] {key} = {first['input']!r} cannot be used: {first['msg']}"
