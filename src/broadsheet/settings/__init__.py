"""The settings: `broadsheet.toml` in the library folder, and the environment (`BROADSHEET_SECTION__KEY`).

The environment wins over the file, the file over the defaults below. Every key is typed and known: a misspelt
key or an impossible value is a SettingError that names the place, the key and the nearest valid one.
"""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any

from broadsheet.kit.errors import SettingError
from broadsheet.settings import sections
from broadsheet.settings.exchange import OpenAlex, SemanticScholar, Zotero
from broadsheet.settings.oidc import Oidc

__all__ = ["FILE_NAME", "Settings", "load"]

FILE_NAME = "broadsheet.toml"
_PREFIX = "BROADSHEET_"


@dataclass(frozen=True)
class Settings:
    """All settings of one library, frozen."""

    server: sections.Server = sections.Server()
    contact: sections.Contact = sections.Contact()
    arxiv: sections.Arxiv = sections.Arxiv()
    crossref: sections.Crossref = sections.Crossref()
    datacite: sections.Datacite = sections.Datacite()
    daily_papers: sections.DailyPapers = sections.DailyPapers()
    openalex: OpenAlex = OpenAlex()
    semantic_scholar: SemanticScholar = SemanticScholar()
    zotero: Zotero = Zotero()
    feed: sections.Feed = sections.Feed()
    search: sections.Search = sections.Search()
    index: sections.Index = sections.Index()
    community: sections.Community = sections.Community()
    edition: sections.Edition = sections.Edition()
    oidc: Oidc = Oidc()
    trending: sections.Trending = sections.Trending()
    discussion: sections.Discussion = sections.Discussion()
    schedule: sections.Schedule = sections.Schedule()
    mail: sections.Mail = sections.Mail()
    summaries: sections.Summaries = sections.Summaries()
    submissions: sections.Submissions = sections.Submissions()

    @property
    def address(self) -> str:
        """Where addresses of the pages begin outside a request: as it is set, else on this machine."""
        return self.community.url or f"http://127.0.0.1:{self.server.port}"


def load(folder: Path | None = None) -> Settings:
    """Load the settings of the library in `folder`; without one, only the environment and the defaults count.

    Raises SettingError for an unreadable file, an unknown key or a wrong value.
    """
    path = folder / FILE_NAME if folder else None
    table = _table(path) if path and path.is_file() else {}
    _check_names(table, path)
    variables = _variables(os.environ)
    for (section, key), name in variables.items():
        table.setdefault(section, {})[key] = _value(section, key, name)
    return Settings(**{name: _section(name, content, path, variables) for name, content in table.items()})


def _section(name: str, content: Mapping[str, Any], path: Path | None, variables: Mapping[tuple[str, str], str]) -> Any:
    """Read one section. Raises SettingError with the place, the key, its value and what is expected."""
    fields_, values = _keys()[name], {}
    for key, raw in content.items():
        try:
            values[key] = fields_[key].metadata["kind"].read(raw)
        except ValueError as error:
            place = variables.get((name, key)) or str(path or "settings")
            shown = "…" if "secret" in str(raw) else repr(raw)
            raise SettingError(f"{place}: [{name}] {key} = {shown} cannot be used: {error}") from None
    return type(getattr(Settings, name))(**values)


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: cannot be read ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{path}: not valid TOML: {error}") from None


def _keys() -> dict[str, dict[str, Field[Any]]]:
    """Section -> its keys."""
    return {
        section.name: {key.name: key for key in fields(getattr(Settings, section.name))} for section in fields(Settings)
    }


def _check_names(table: Mapping[str, Any], path: Path | None) -> None:
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
    """The value of the variable `name`: text, also for numbers, or a list in JSON."""
    text = os.environ[name]
    if not isinstance(_keys()[section][key].default, tuple):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise SettingError(f"environment: {name} = {text!r}: {error}; a list is written as JSON") from None


def _nearest(name: str, valid: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name.lower(), list(valid), n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(valid)}"
