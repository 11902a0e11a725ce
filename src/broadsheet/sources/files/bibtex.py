"""Reads BibTeX and BibLaTeX files, including those of JabRef and Zotero."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bibtexparser.entrypoint import parse_string
from bibtexparser.exceptions import ParserStateException
from bibtexparser.model import Block, DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, ParsingFailedBlock, String
from bibtexparser.model import Entry as BibtexEntry

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Record, Rejected
from broadsheet.sources.contract import Item
from broadsheet.sources.files.bibtex_fields import VERBATIM, paper_of
from broadsheet.sources.files.bibtex_inheritance import Entry, inherit, is_no_paper, parent_keys
from broadsheet.sources.files.jabref import Groups, read_groups
from broadsheet.sources.text.clean import clean, decode, plain_text, read_bytes, rejected
from broadsheet.sources.text.dates import MONTHS
from broadsheet.sources.text.latex import to_unicode

__all__ = ["VERBATIM", "BibtexSource"]

_EXPECTED = "BibTeX entries such as `@article{key, title = {...}}`"
_ENTRY = re.compile(r"@\s*(?:[A-Za-z]+|\['[^\[\]{}\n]*\])\s*[{(]")
_TYPE_LIST = re.compile(r"^[ \t]*@\[([^\[\]{}\n]*)\](?=[ \t]*[{(])", re.MULTILINE)  # Semantic Scholar: a list of types
_SPACED_ENTRY = re.compile(r"^[ \t]*@[ \t]+(?=[A-Za-z]+[ \t]*[{(])", re.MULTILINE)
_EVEN_BACKSLASHES = re.compile(r"(?<!\\)((?:\\\\)+)(?=[{}])")
_COMMON_FIELDS = (
    "title|author|editor|year|date|journal|booktitle|publisher|volume|number|pages|month|doi|url|note|abstract|keywords"
)
# `@article{author = …` has no key, `@article{key author = …` no comma after the key
_NO_COMMA = re.compile(
    r"(^|\})([ \t]*@(?!string|preamble|comment)[A-Za-z]+[ \t]*[{(])\s*([^\s,={}()\"'#%]+(?=\s))?"
    rf"(?=\s*(?:[A-Za-z][\w-]*\s*=\s*[{{\"]|(?:{_COMMON_FIELDS})\s*=))",
    re.MULTILINE | re.IGNORECASE,
)
_TYPE = re.compile(r"\s*@\s*([A-Za-z]+)")
_MAX_FIELDS = 500  # of one entry
_MAX_EXPANSION = 65_536  # characters that @string names may add to one field; nested names could grow without limit
_PIECE = re.compile(r'\s*(?:(?P<join>#)|(?P<open>[{"])|(?P<word>[^\s#{}",=]+))')
_NEXT_FIELD = re.compile(r"\s*([A-Za-z][\w-]*)\s*=")


class BibtexSource:
    """Every entry of a .bib file. `and others` is kept as `extra["et_al"]`, JabRef's groups are the records' tags."""

    name = "bibtex"
    suffixes = (".bib", ".bibtex", ".biblatex")

    def sniff(self, head: bytes) -> bool:
        """Whether the text has the start of an entry and is not markup or JSON."""
        text = decode(head).lstrip("\ufeff \t\n")
        return bool(_ENTRY.search(text)) and text[:1] not in ("<", "{", "[")

    def read(self, path: Path) -> Iterator[Item]:
        """Yield every entry in order, also those with a repeated key. Raises SourceError if there is no entry."""
        text = decode(read_bytes(path, _EXPECTED)).lstrip("\ufeff").replace("\0", "")
        if not _ENTRY.search(text):
            raise SourceError(f"{path}: holds no entry; expected {_EXPECTED}")
        entries = [entry for entry in _entries(_split(text, path), path.name) if _is_paper(entry)]
        by_key = {entry.key.lower(): entry for entry in reversed(entries) if isinstance(entry, Entry) and entry.key}
        parents = parent_keys(by_key.values())
        groups = read_groups(text)
        keys: Counter[str] = Counter()
        for entry in entries:
            if not isinstance(entry, Entry):
                yield entry
            elif entry.key.lower() not in parents and not is_no_paper(entry.kind):
                yield _item(entry, inherit(entry, by_key), keys, path.name, groups)


def _is_paper(entry: Entry | Rejected) -> bool:
    """Whether an entry, possibly a damaged one, is of a type that holds papers."""
    kind = _TYPE.match(entry.raw) if isinstance(entry, Rejected) else None
    return not kind or not is_no_paper(kind[1])


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the parser's log: entries that it cannot read are reported by the quarantine."""
    logger = logging.getLogger("bibtexparser")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _split(text: str, path: Path) -> list[Block]:
    """Split a file into blocks with raw values.

    bibtexparser finds the blocks with their line numbers and continues after a damaged one. Its middleware for values
    is not used: it handles neither BibTeX's `#` with @string names nor a missing comma.
    """
    text = _TYPE_LIST.sub(lambda types: f"@{_type_among(types[1])}", text)
    text = _SPACED_ENTRY.sub("@", text)  # the parser takes `@type{`, not `@ type {`
    # The parser reads `\\{` as an escaped brace, BibTeX as an opening one. `clean` removes this zero-width space again.
    text = _EVEN_BACKSLASHES.sub("\\1\u200b", text)
    text = _NO_COMMA.sub(lambda head: f"{head[1]}{head[2]}{head[3] or ''},", text)
    try:
        with _quiet():
            return list(parse_string(text, parse_stack=[]).blocks)
    except (ParserStateException, IndexError, RecursionError) as error:
        raise SourceError(f"{path}: cannot be cut into entries ({error}); expected {_EXPECTED}") from error


def _type_among(names: str) -> str:
    """The entry type for a list of publication types: that of the first known one."""
    types = {"JournalArticle": "article", "Conference": "inproceedings", "Book": "book", "BookSection": "incollection"}
    return next((types[name] for name in re.findall(r"\w+", names) if name in types), "misc")


def _entries(blocks: list[Block], file: str) -> Iterator[Entry | Rejected]:
    """Yield every entry with concatenated values and resolved @string names; unreadable ones as Rejected."""
    strings = {name: name for name in MONTHS}
    for block in blocks:
        if isinstance(block, String):
            strings[block.key.lower()] = next(iter(_values(block.value, strings).values()), "")
        elif isinstance(block, (BibtexEntry, DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, ParsingFailedBlock)):
            yield _entry(block, strings, file)


def _entry(block: Block, strings: Mapping[str, str], file: str) -> Entry | Rejected:
    place = f"{file}:{(block.start_line or 0) + 1}"
    entry = block if isinstance(block, BibtexEntry) else getattr(block, "ignore_error_block", None)
    raw = block.raw or ""
    if not isinstance(entry, BibtexEntry):
        error = getattr(block, "error", None)
        reason = getattr(error, "abort_reason", "") or "the entry cannot be read"
        text = f"{reason} (a missing brace, quote or comma, or the file ends here)"
        return rejected(f"bibtex:{file}", place, text, raw)
    fields: dict[str, str] = {}
    for field in entry.fields[:_MAX_FIELDS]:
        for name, value in _values(field.value, strings, field.key).items():
            if value:
                fields.setdefault(name.lower(), value)
    return Entry(entry.entry_type.lower(), clean(entry.key or ""), fields, place, raw)


def _item(entry: Entry, fields: dict[str, str], keys: Counter[str], file: str, groups: Groups) -> Item:
    source, key = f"bibtex:{file}", entry.key
    if entry.kind in ("proceedings", "mvproceedings", "collection") and "title" not in fields:
        fields["title"] = fields.pop("booktitle", "")
    if not plain_text(to_unicode(fields.get("title", ""))):
        return rejected(source, entry.place, f"entry {key[:80]!r} has no title", entry.raw)
    keys[key] += 1
    source_id = f"{key}~{keys[key]}" if key and keys[key] > 1 else key
    paper = paper_of(entry.kind, key, fields)
    tags = groups.of(key, fields.get("groups", ""), paper.keywords)
    return Record(paper, source, source_id, entry.place, tags)


def _values(raw: object, strings: Mapping[str, str], name: str = "") -> dict[str, str]:
    """{field: value} of one raw value: `{a} # name # "b"` is concatenated, with names resolved.

    Several pairs are returned if the comma between two fields is missing.
    """
    text = raw if isinstance(raw, str) else ""
    values: dict[str, str] = {}
    parts: list[str] = []
    position, is_joined, budget = 0, True, _MAX_EXPANSION
    while piece := _PIECE.match(text, position):
        following = _NEXT_FIELD.match(text, position)
        if following and parts and not is_joined:
            values.setdefault(name, "".join(parts))
            name, parts, position, is_joined = following[1], [], following.end(), True
            continue
        if piece["open"]:
            end = _closing(text, piece.end() - 1)
            parts.append(text[piece.end() : end])
            position, is_joined = end + 1, False
        else:
            word = piece["word"] or ""
            part = strings.get(word.lower(), word[:budget])[:budget]
            parts.append(f" {part}" if parts and word and not is_joined else part)  # `author = First Last`
            position, is_joined, budget = piece.end(), not word, budget - len(part)
    values.setdefault(name, "".join(parts))
    return values


def _closing(text: str, start: int) -> int:
    """The position where the brace or quote at `start` closes; the end of the text if it does not."""
    in_quotes, depth = text[start] == '"', 0
    for mark in _DELIMITER.finditer(text, start + 1):
        char = mark[0]
        if char == "{":
            depth += 1
        elif char == "}" and (depth or in_quotes):
            depth = max(0, depth - 1)
        elif (char == '"') == in_quotes and depth == 0:
            return mark.start()
    return len(text)


_DELIMITER = re.compile(r'(?<!\\)[{}"]')
