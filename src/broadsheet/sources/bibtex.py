"""BibTeX and BibLaTeX files, JabRef's and Zotero's among them."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bibtexparser.entrypoint import parse_string
from bibtexparser.exceptions import ParserStateException
from bibtexparser.model import Block, DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, Entry, ParsingFailedBlock, String

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Paper, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.ids import arxiv_id, clean_url, identifiers
from broadsheet.sources.names import parse_names
from broadsheet.sources.tex import to_unicode
from broadsheet.sources.text import clean, decode, parse_date, read_bytes, rejected, year_of

__all__ = ["VERBATIM", "BibtexSource"]

_EXPECTED = "BibTeX entries such as `@article{key, title = {...}}`"
_ENTRY = re.compile(r"@\s*[A-Za-z]+\s*[{(]")
_SPACED_ENTRY = re.compile(r"^[ \t]*@[ \t]+(?=[A-Za-z]+[ \t]*[{(])", re.MULTILINE)
_MAX_FIELDS = 500  # of one entry, and
_MAX_EXPANSION = 65_536  # characters that @string names may add to one field: they can be nested to blow up
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_PIECE = re.compile(r'\s*(?:(?P<join>#)|(?P<open>[{"])|(?P<word>[^\s#{}",=]+))')
_NEXT_FIELD = re.compile(r"\s*([A-Za-z][\w-]*)\s*=")
_VENUES = ("journal", "journaltitle", "booktitle", "howpublished", "series")
# Fields whose backslashes and braces are their own, not TeX.
VERBATIM = frozenset({"file", "url", "doi", "eprint", "pdf", "groups", "arxiv", "arxivid"})
_SCHEMES = ("acl", "openalex", "s2", "pmid", "openreview")
# What _paper reads; every other field goes to `extra`, so that export gives it back.
_READ = (
    "title author year date abstract keywords doi url eprint eprinttype archiveprefix primaryclass primarycategory "
    "arxiv arxivid pdf groups note language langid summary journal journaltitle"
)
_USED = frozenset({*_READ.split(), *_SCHEMES})


class BibtexSource:
    """Every entry of a .bib file. `and others` is kept as `extra["et_al"]`, JabRef's groups become tags."""

    name = "bibtex"
    suffixes = (".bib", ".bibtex", ".biblatex")

    def sniff(self, head: bytes) -> bool:
        """Some entry begins, and the text is no markup or JSON."""
        text = decode(head).lstrip("\ufeff \t\n")
        return bool(_ENTRY.search(text)) and text[:1] not in ("<", "{", "[")

    def read(self, path: Path) -> Iterator[Item]:
        """Every entry in order, entries under a repeated key too. Raises SourceError if no entry begins."""
        text = decode(read_bytes(path, _EXPECTED)).lstrip("\ufeff").replace("\0", "")
        if not _ENTRY.search(text):
            raise SourceError(f"{path}: holds no entry; expected {_EXPECTED}")
        blocks = _split(text, path)
        strings = {name: name for name in _MONTHS.split()}
        keys: Counter[str] = Counter()
        for block in blocks:
            if isinstance(block, String):
                strings[block.key.lower()] = next(iter(_values(block.value, strings).values()), "")
            elif isinstance(block, (Entry, DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, ParsingFailedBlock)):
                yield _item(block, strings, keys, path.name)


@contextmanager
def _quiet() -> Iterator[None]:
    """The parser logs what it cannot read; we quarantine it instead, so nobody should hear of it twice."""
    logger = logging.getLogger("bibtexparser")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _split(text: str, path: Path) -> list[Block]:
    """The blocks of a file with their values still raw: only the cutting is the parser's."""
    text = _SPACED_ENTRY.sub("@", text)  # the parser takes `@type{`, not `@ type {`
    try:
        with _quiet():
            return list(parse_string(text, parse_stack=[]).blocks)
    except (ParserStateException, IndexError, RecursionError) as error:
        raise SourceError(f"{path}: cannot be cut into entries ({error}); expected {_EXPECTED}") from error


def _item(block: Block, strings: Mapping[str, str], keys: Counter[str], file: str) -> Item:
    source, place = f"bibtex:{file}", f"{file}:{(block.start_line or 0) + 1}"
    entry = block if isinstance(block, Entry) else getattr(block, "ignore_error_block", None)
    raw = block.raw or ""
    if not isinstance(entry, Entry):
        error = getattr(block, "error", None)
        reason = getattr(error, "abort_reason", "") or "the entry cannot be read"
        return rejected(source, place, f"{reason} (a missing brace, quote or comma, or the file ends here)", raw)
    fields: dict[str, str] = {}
    for field in entry.fields[:_MAX_FIELDS]:
        for name, value in _values(field.value, strings, field.key).items():
            if value:
                fields.setdefault(name.lower(), value)
    key = clean(entry.key or "")
    if not clean(to_unicode(fields.get("title", ""))):
        return rejected(source, place, f"entry {key[:80]!r} has no title", raw)
    keys[key] += 1
    source_id = f"{key}~{keys[key]}" if key and keys[key] > 1 else key
    tags = tuple(tag for part in fields.get("groups", "").split(",") if (tag := clean(part)))
    return Record(_paper(entry.entry_type.lower(), fields), source, source_id, place, tags)


def _values(raw: object, strings: Mapping[str, str], name: str = "") -> dict[str, str]:
    """{field: value} of one raw field value: `{a} # name # "b"` joined and names resolved.

    More than one pair comes back where the comma between two fields was forgotten.
    """
    text = raw if isinstance(raw, str) else ""
    found: dict[str, str] = {}
    parts: list[str] = []
    position, joined, allowed = 0, True, _MAX_EXPANSION
    while piece := _PIECE.match(text, position):
        following = _NEXT_FIELD.match(text, position)
        if following and parts and not joined:
            found.setdefault(name, "".join(parts))
            name, parts, position, joined = following[1], [], following.end(), True
            continue
        if piece["open"]:
            end = _closing(text, piece.end() - 1)
            parts.append(text[piece.end() : end])
            position, joined = end + 1, False
        else:
            word = piece["word"] or ""
            part = strings.get(word.lower(), word[:allowed])[:allowed]
            parts.append(part)
            position, joined, allowed = piece.end(), not word, allowed - len(part)
    found.setdefault(name, "".join(parts))
    return found


def _closing(text: str, start: int) -> int:
    """Where the brace or quote that opens at `start` closes; the end of the text if it does not."""
    quoted, depth = text[start] == '"', 0
    for mark in _DELIMITER.finditer(text, start + 1):
        char = mark[0]
        if char == "{":
            depth += 1
        elif char == "}" and (depth or quoted):
            depth = max(0, depth - 1)
        elif (char == '"') == quoted and depth == 0:
            return mark.start()
    return len(text)


_DELIMITER = re.compile(r'(?<!\\)[{}"]')


def _paper(kind: str, fields: Mapping[str, str]) -> Paper:
    text = {name: clean(value if name in VERBATIM else to_unicode(value)) for name, value in fields.items()}
    get = text.get
    authors, others = parse_names(fields.get("author", ""))
    eprint = get("eprint", "")
    prefix = (get("archiveprefix") or get("eprinttype") or "arxiv").lower()
    arxiv = next(
        (
            i
            for t in (get("arxiv", ""), get("arxivid", ""), eprint if prefix == "arxiv" else "")
            if (i := arxiv_id(t)[0])
        ),
        "",
    )
    urls = tuple(url for url in (clean_url(get("url", "").replace("\\", "")),) if url)
    venue_field = next(
        (name for name in _VENUES if get(name) and (name != "howpublished" or not _is_address(text[name]))), ""
    )
    venue = get(venue_field, "")
    if not arxiv and venue.lower().startswith("arxiv preprint"):
        arxiv = arxiv_id(venue.lower().removeprefix("arxiv preprint").strip())[0]
    primary = get("primaryclass") or get("primarycategory") or ""
    extra: dict[str, str | bool] = {n: v for n, v in text.items() if n not in _USED and n != venue_field and v}
    if eprint and not arxiv:
        extra |= {"eprint": eprint, "eprinttype": prefix}
    return Paper(
        text["title"],
        get("abstract", ""),
        authors,
        identifiers(
            arxiv=arxiv, doi=get("doi", "").replace("\\", ""), urls=urls, given={s: get(s, "") for s in _SCHEMES}
        ),
        year_of(get("year") or get("date") or ""),
        venue,
        "preprint" if arxiv and kind in ("misc", "online", "unpublished") else kind,
        get("summary", ""),
        tuple(word for part in re.split("[;,]", get("keywords", "")) if (word := part.strip())),
        (primary,) if primary else (),
        submitted=parse_date(get("date", "")),
        urls=urls,
        pdf_url=clean_url(get("pdf", "")),
        comments=get("note", ""),
        language=get("language") or get("langid") or "",
        extra=extra | ({"et_al": True} if others else {}),
    )


def _is_address(text: str) -> bool:
    return "http" in text or "\\url" in text
