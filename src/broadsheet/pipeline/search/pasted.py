"""Recognises what is pasted into the search box whole: a record of a reference manager, an address of a page of ours.

A BibTeX entry, an RIS, EndNote or MEDLINE record and a JSON record name one paper: it is found by its identifiers and
its title, and nothing else in them is searched.
"""

from __future__ import annotations

import json
import re

from broadsheet.kit.identifiers import find

__all__ = ["own_paper", "record_of"]

_OWN_PAGE = re.compile(r"(?:\S*/)?paper[/:](\d{1,18})(?:/(?:comments|versions|similar))?/?(?:[?#]\S*)?", re.IGNORECASE)
_BIBTEX = re.compile(r"\s*@[a-z]{3,30}\s*[{(]", re.IGNORECASE)
_BIBTEX_TITLE = re.compile(r"(?<![a-z_-])title\s*=\s*(?=[{\"])", re.IGNORECASE)
_TAGGED = re.compile(r"\s*(?:TY {1,2}- |PMID ?- |%0 )")
_TAGGED_TITLE = re.compile(r"^(?:(?:TI|T1) {1,2}- ?|%T )(.+(?:\n {2,}\S.*)*)$", re.MULTILINE)
_JSON_TITLE = re.compile(r'"title"\s*:\s*\[?\s*("(?:\\.|[^"\\])*")', re.IGNORECASE)


def own_paper(text: str) -> str:
    """The id of the paper whose page here has this address: https://…/paper/17 → paper:17; "" for anything else."""
    match = _OWN_PAGE.fullmatch(text)
    return f"paper:{match[1]}" if match else ""


def record_of(text: str) -> tuple[str, tuple[str, ...]] | None:
    """(title, identifiers) of a pasted record of one paper; None for any other text."""
    title = _title(text)
    if not title:
        return None
    return title, tuple(f"{scheme}:{value}" for scheme, value in find(text))


def _title(text: str) -> str:
    """The title in a record; "" if the text is no record."""
    if _BIBTEX.match(text):
        start = _BIBTEX_TITLE.search(text)
        value = _delimited(text, start.end()) if start else ""
    elif _TAGGED.match(text):
        match = _TAGGED_TITLE.search(text)
        value = match[1] if match else ""
    elif text.lstrip()[:1] in ("{", "["):
        match = _JSON_TITLE.search(text)
        value = _decoded(match[1]) if match else ""
    else:
        return ""
    return " ".join(value.replace("{", "").replace("}", "").split())


def _decoded(value: str) -> str:
    """The text of a JSON string; "" if it is none."""
    try:
        return str(json.loads(value, strict=False))
    except ValueError:
        return ""


def _delimited(text: str, start: int) -> str:
    """The value of a BibTeX field that begins at `start` with a brace or a quotation mark; "" if it does not end."""
    depth, quoted = 0, text[start] == '"'
    for at in range(start + quoted, len(text)):
        char = text[at]
        depth += (char == "{") - (char == "}")
        if (quoted and char == '"' and depth == 0) or (not quoted and depth == 0):
            return text[start + 1 : at]
    return ""
