"""Text → query: words, "phrases", fields, -exclusions, OR, like:ID and identifiers. Any text is a query.

With like:, "but" and "but not" are operators: in `like:17 but for speech, but not speech recognition`, "but" is not a
search word, and the words after "but not" are excluded, up to the next comma or "but".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from broadsheet.kit.identifiers import SCHEMES, canonical
from broadsheet.kit.text import STOP_WORDS, fold
from broadsheet.pipeline.search.operators import OPERATORS, in_capitals
from broadsheet.pipeline.search.pasted import own_paper, record_of
from broadsheet.pipeline.search.query import LONG_TEXT, Condition, Part, Query, shorten
from broadsheet.pipeline.search.query_fields import (
    ORDERS,
    PARTS,
    SILENT_KINDS,
    quote_author_names,
    suggest_field,
    years,
)

__all__ = ["parse"]

_TOKEN = re.compile(
    r"""(?P<minus>-(?=[^\s-]))?
        (?:(?P<field>title|author|venue|org|field|year|id|like|tag|is|has|sort):(?P<gap>[ \t]*)(?=\S))?
        (?:"(?P<phrase>[^"]*)(?P<closed>"?)|(?P<word>[^\s"]+))""",
    re.VERBOSE | re.IGNORECASE,
)
_PAPER = re.compile(r"""\s*(?P<minus>-)?like:(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]+))""", re.IGNORECASE)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_LABEL = re.compile(rf"\b({'|'.join(SCHEMES)}):\s+(?=\S*\d)", re.IGNORECASE)
_VALUES = {"is": ("saved",), "has": PARTS}  # every value of these fields
_WORDS = re.compile(r"[^\W_]+")


def _enumeration(words: Sequence[str]) -> str:
    """Join words for a sentence: one, two and three."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


class _Parser:
    """Takes one token after another and collects the parts of the query."""

    def __init__(self, *, sentence: bool = False, capitals: bool = False) -> None:
        self.sentence = sentence  # with like:, "but" and "but not" are operators
        self.capitals = capitals  # the query is a title in capitals: OR, NOT and AND are words
        self.only_fields = True  # only fields so far
        self.ids: list[str] = []
        self.sorted_by = ""
        self.like: list[str] = []
        self.unlike: list[str] = []
        self.but = False  # the word before was "but"
        self.exclusion: list[str] | None = None  # the words after "but not", None outside of it
        self.exclusion_stop = 0  # where they end in the source
        self.words: list[str] = []
        self.free: list[str] = []  # the words that are not part of a clause
        self.clauses: list[tuple[Condition, ...]] = []
        self.notes: list[str] = []
        self.last: list[Condition] = []  # the operands that a following OR joins
        self.joining = False
        self.negate = False
        self.parts: list[Part] = []
        self.span = (0, 0)  # of the present token, in the source
        self.before: int | None = None  # where a NOT or "but not" before it begins
        self.or_at = -1  # where the OR before it stands

    def part(self, kind: str, value: str, negated: bool = False) -> None:
        """Note what the present token means, with the operators before it."""
        start = self.span[0] if self.before is None else self.before
        self.parts.append(Part(kind, value, start, self.span[1], negated, self.or_at if self.joining else -1))
        self.before = None

    def paper(self, name: str, negated: bool) -> None:
        """Take `like:name`."""
        name = name.strip().rstrip(",;")
        if self.joining:
            self.notes.append("OR is not for papers: every like: counts; it was ignored")
            self.joining = False
        self.last = []
        if name:
            self.part("like", name, negated)
            (self.unlike if negated else self.like).append(name)
        else:
            self.notes.append("like: needs the id of a paper; it was ignored")

    def take_exclusion(self, word: str) -> bool:
        """Take "but" or a word of "but not …"; true if the token is one."""
        plain = word.lower().rstrip(",;")
        if plain == "but":
            self.end_exclusion()
            self.but = True
            self.before = self.span[0]
            return True
        if self.but and plain in ("not", "without"):
            self.but, self.exclusion = False, []
            return True
        self.but = False
        if self.exclusion is None:
            self.before = None
            return False
        self.exclusion.append(word.rstrip(",;"))
        self.exclusion_stop = self.span[1]
        if word[-1] in ",;":
            self.end_exclusion()
        return True

    def end_exclusion(self) -> None:
        """End a "but not": exclude its words as one phrase, without stop words at its ends."""
        words, self.exclusion = self.exclusion or [], None
        for end in (0, -1):
            while words and all(part in STOP_WORDS for part in fold(words[end]).split()):
                words.pop(end)
        phrase = " ".join(words)
        if fold(phrase):
            self.notes.append(f"papers with “{shorten(phrase)}” are left out")
            present, self.span = self.span, (self.span[0], self.exclusion_stop)
            self.operand(Condition("phrase" if len(fold(phrase).split()) > 1 else "word", phrase, True))
            self.span = present

    def operator(self, token: str) -> bool:
        """Take OR, AND and NOT; true if the token is one."""
        if self.capitals or token not in OPERATORS:
            return False
        if token == "OR":
            if self.last and not self.joining:
                self.joining = True
                self.or_at = self.span[0]
            else:
                self.notes.append("OR needs something on both sides; it was ignored")
        elif token == "NOT":
            self.negate = True
            self.before = self.span[0] if self.before is None else self.before
        else:
            self.notes.append("AND is not needed: all filters must hold anyway")
        return True

    def operand(self, condition: Condition) -> None:
        """Take one condition, alone or as an alternative to the last."""
        self.part(condition.kind, condition.value, condition.negated)
        if self.joining:
            if len(self.last) == 1 and self.last[0].kind == "word" and not self.last[0].negated:
                self.clauses.append(())  # the word before OR now filters as well as ranks
                self.free.pop()
            self.last.append(condition)
            self.clauses[-1] = tuple(self.last)
        else:
            self.last = [condition]
            if condition.kind != "word" or condition.negated:
                self.clauses.append((condition,))
            else:
                self.free.append(condition.value)
        self.joining = False
        if not condition.negated and condition.kind not in SILENT_KINDS:
            self.words.append(condition.value)

    def field(self, name: str, value: str, negated: bool) -> None:
        """Take `name:value`."""
        if name == "year":
            span = years(value)
            if span is None:
                self.notes.append(f"year:{shorten(value)} is not a year or a range like 2019..2024; it was ignored")
            else:
                self.operand(Condition("year", value, negated, span))
        elif name == "sort":
            self.order(value.lower())
        elif name in _VALUES and value.lower() not in _VALUES[name]:
            options = _enumeration([f"{name}:{option}" for option in _VALUES[name]])
            self.notes.append(f"{name}:{shorten(value)} is nothing to filter by; there is {options}; it was ignored")
        elif name in ("id", "tag") or fold(value):
            self.operand(Condition(name, value.lower() if name in _VALUES else value, negated))
        else:
            self.notes.append(f"{name}:{shorten(value)} has no word in it; it was ignored")

    def order(self, value: str) -> None:
        """Take `sort:value`."""
        if value in ORDERS:
            self.part("sort", value)
            self.sorted_by = "" if value == "relevance" else value
        else:
            options = _enumeration([f"sort:{option}" for option in ORDERS])
            self.notes.append(f"sort:{shorten(value)} is no order; there is {options}; it was ignored")

    def identifier(self, value: str) -> bool:
        """Take an identifier; true if the token can only be one and is not searched as words too."""
        bare = value.lstrip("([{<").rstrip(",;.")
        identifier = None if bare.isalpha() else canonical(bare)  # most words are plain
        if identifier is None:
            if own := "" if bare.isalpha() else own_paper(bare):
                self.part("known", bare)
                self.ids.append(own)
            return bool(own)
        if canonical(plain := bare.rstrip(")]}>,;.")) == identifier:
            bare = plain
        self.part("known", bare)
        self.ids.append(bare)
        return identifier[0] in ("arxiv", "doi", "pmid", "openreview") or "/" in bare or ":" in bare

    def note_unknown_field(self, word: str) -> None:
        """Add a note for a word that looks like an unknown field."""
        name, colon, value = word.partition(":")
        if colon and value and not value.startswith("//") and (field := suggest_field(name.lower())):
            self.notes.append(f"{shorten(name)}: is no field, {field}: is; it was searched as words")


def _parse_passage(text: str) -> Query:
    """Parse a pasted passage: plain text, except for like: at its start."""
    names: list[tuple[bool, str]] = []
    while match := _PAPER.match(text):
        names.append((bool(match["minus"]), (match["quoted"] or match["bare"] or "").strip().rstrip(",;")))
        text = text[match.end() :]
    signs = '"' in text or " OR " in text or re.search(r"(?:^|\s)-\w", text)
    notes = ("this is long: read as plain text, without quotes, OR or -",) if signs else ()
    like, unlike = (tuple(name for minus, name in names if name and minus is sign) for sign in (False, True))
    ids = tuple(dict.fromkeys(w.strip("()[]<>,;.") for w in text.split() if _names_a_paper(w)))
    text = re.sub(r"(?i)^[\s,;]*(?:but\b)?\s*", "", text) if names else text
    return Query(text, (), notes, like, unlike, ids, free=text)


def _names_a_paper(word: str) -> bool:
    """Whether a word of a passage is an identifier beyond doubt."""
    return any(sign in word for sign in "./:") and canonical(word.strip("()[]<>,;.")) is not None


def parse(text: str) -> Query:
    """Parse any text as a query. Never raises."""
    if record := record_of(text):
        title, ids = record
        return Query(title, (), ("this is a record: its title and its identifiers were searched",), ids=ids, free=title)
    text = _LABEL.sub(r"\1:", text.translate(_QUOTES))
    if sum(1 for _ in _WORDS.finditer(text)) > LONG_TEXT:
        return _parse_passage(text)
    tokens = list(_TOKEN.finditer(text := quote_author_names(text)))
    sentence = any((match["field"] or "").lower() == "like" and not match["gap"] for match in tokens)
    parser = _Parser(sentence=sentence, capitals=in_capitals(tokens))
    for match in tokens:
        n_parts, parser.span = len(parser.parts), match.span()
        _take(parser, match)
        if match["field"] and len(parser.parts) == n_parts:
            parser.part("ignored", match[0])
    parser.end_exclusion()
    if parser.joining:
        parser.notes.append("OR needs something on both sides; it was ignored")
    if parser.capitals:
        parser.notes.append("all in capitals: NOT, OR and AND were read as words")
    notes = tuple(dict.fromkeys(parser.notes))
    like, unlike, ids = (tuple(dict.fromkeys(names)) for names in (parser.like, parser.unlike, parser.ids))
    words, free = " ".join(parser.words), " ".join(parser.free)
    clauses, parts = tuple(parser.clauses), tuple(parser.parts)
    return Query(words, clauses, notes, like, unlike, ids, parser.sorted_by, free=free, source=text, parts=parts)


def _take(parser: _Parser, match: re.Match[str]) -> None:
    """Pass one token to the parser."""
    name = (match["field"] or "").lower()
    value = match["word"] if match["phrase"] is None else match["phrase"]
    bare = not name and not match["minus"] and bool(match["word"])
    if match["phrase"] is not None and not match["closed"]:
        parser.notes.append("a quote was not closed; it was read to the end")
    if parser.sentence and bare and parser.take_exclusion(value):
        return
    if parser.exclusion == []:
        parser.exclusion, parser.negate = None, True  # but not "these words", but not author:name
    parser.end_exclusion()
    negated = bool(match["minus"]) or parser.negate
    if bare and parser.operator(value):
        return
    parser.negate = False
    if bare and parser.identifier(value):
        return
    if match["gap"] and not _means_field(parser, name, value):
        parser.operand(Condition("word", f"{name}:", negated))
        name = ""
    parser.only_fields = parser.only_fields and bool(name)
    if name == "like":
        parser.paper(value, negated)
    elif name:
        parser.field(name, value.strip(), negated)
    elif fold(value):
        parser.note_unknown_field(value)
        parser.operand(Condition("word" if match["phrase"] is None else "phrase", value, negated))


def _means_field(parser: _Parser, name: str, value: str) -> bool:
    """Whether a field with a space after its colon is meant as a field; adds a note on the choice."""
    if name not in ("title", "author", "venue", "year", "id") or fold(value) in STOP_WORDS:
        return False
    if parser.only_fields:
        parser.notes.append(f"{name}: {shorten(value)} was read as {name}:{shorten(value)}")
    else:
        parser.notes.append(f"“{name}:” was read as a word; write {name}:{shorten(value)} to search that field")
    return parser.only_fields
