"""When are two records the same paper? Pure functions: the identifiers of a paper, its title, what speaks against.

The normalised form of a title is stored (as hashes), so `normalise_title` may change only with a migration.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from broadsheet.catalogue.dedup.titles import differ_in_number, is_generic, same_words
from broadsheet.catalogue.dedup.venues import same_venue
from broadsheet.kit.identifiers import of_scheme
from broadsheet.kit.paper import Paper
from broadsheet.kit.text import STOP_WORDS, fold

__all__ = [
    "TITLE_THRESHOLD",
    "Fingerprint",
    "clash",
    "continues",
    "fingerprint",
    "gram_hashes",
    "identifiers",
    "make_fingerprint",
    "names_of",
    "normalise_title",
    "related",
    "surnames",
    "title_grams",
    "title_hashes",
    "title_score",
]

TITLE_THRESHOLD = 0.9  # Jaccard of word 3-grams
_SHORT = 4  # a title of fewer words says little by itself
_LONG = 7  # from so many words on a title without authors may speak for itself
_ALONE = 9  # with fewer 3-grams than this no other set reaches the threshold
_ONE_A_PAPER = ("arxiv", "doi", "acl", "pmid", "pmcid")  # the other catalogues know many a paper twice
_PREPRINT_DOI = re.compile(
    r"10\.(?:1101|64898|48550|20944|21203|26434|31219|31222|31234|31235|2139|36227|22541|33774|14293)/"
)
_MAX_YEARS = 2
_MAX_PREPRINT_YEARS = 9  # from a preprint to its journal
_FORMS = {
    form: kind
    for kind, forms in (
        ("thesis", "thesis phdthesis mastersthesis"),
        ("book", "book proceedings collection mvbook reference"),
        ("other", "patent software dataset data map standard"),
        ("paper", "article inproceedings conference incollection inbook"),
        ("preprint", "preprint"),
    )
    for form in forms.split()
}
_FIRST_NUMBER = re.compile(r"\d+")


def identifiers(paper: Paper) -> dict[str, str]:
    """Scheme to canonical value of the identifiers `paper` carries; what cannot be one is left out."""
    found: dict[str, str] = {}
    pairs = paper.ids.pairs()
    if isinstance(pmcid := paper.extra.get("pmcid"), str):
        pairs.append(("pmcid", pmcid))
    for scheme, value in pairs:
        # An arXiv DOI in the `doi` field names the arXiv id; any other mismatch is a mistake in the source.
        if known := of_scheme(scheme, value):
            found.setdefault(*known)
    return found


def normalise_title(text: str) -> str:
    """The folded words of a title with single spaces between them."""
    return fold(text)


@lru_cache(maxsize=8192)  # a batch asks for the same titles again and again
def title_grams(normalised: str) -> frozenset[str]:
    """The word 3-grams of a normalised title; none if it has fewer than four words and so may not be compared."""
    words = normalised.split()
    if len(words) < _SHORT:
        return frozenset()
    return frozenset([f"{a} {b} {c}" for a, b, c in zip(words, words[1:], words[2:], strict=False)])


def title_hashes(normalised: str, extra: Mapping[str, Any]) -> list[int]:
    """The hashes by which a paper is found by its title: of the title, and of the grams that a like one must share.

    A heading that many papers bear is found by its volume and page alone, and not at all without a page.
    """
    squeezed = normalised.replace(" ", "")
    if is_generic(normalised):
        page = _page(extra)
        return [zlib.crc32(f"{squeezed}|{_said(extra, 'volume')}|{page}".encode())] if page else []
    grams = title_grams(normalised)
    return [zlib.crc32(squeezed.encode()), *(gram_hashes(grams) if len(grams) >= _ALONE else ())]


def gram_hashes(grams: frozenset[str]) -> list[int]:
    """Hashes of the grams by which a title must be findable: the first |G| - ceil(0.9 |G|) + 1 in a fixed order.

    Prefix filtering: whatever the order, two sets with Jaccard >= 0.9 share at least one of these. Long grams come
    first because they are rare, so that few titles are found in vain ("a survey of" comes last).
    """
    if not grams:
        return []
    ordered = sorted(sorted(grams), key=len, reverse=True)
    return [zlib.crc32(gram.encode()) for gram in ordered[: len(grams) - (9 * len(grams) + 9) // 10 + 1]]


def names_of(paper: Paper) -> tuple[str, ...]:
    """Per author the family name where the source tells it apart, else the whole name."""
    return tuple([person.family or person.name for person in paper.authors])


_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv", "phd", "md"))
_WRITTEN_OUT = str.maketrans(
    {"ø": "oe", "Ø": "Oe", "ö": "oe", "Ö": "Oe", "ä": "ae", "Ä": "Ae", "ü": "ue", "Ü": "Ue", "å": "aa", "Å": "Aa"}
)


def surnames(names: Iterable[str]) -> frozenset[str]:
    """The last word of each family name, normalised; of a whole name its last word, or what stands before a comma."""
    found: set[str] = set()
    for name in names:
        found.update(_surname(name))
    return frozenset(found)


@lru_cache(maxsize=65536)
def _surname(name: str) -> tuple[str, ...]:
    """The surname in each of its usual spellings: Møller is Moller and Moeller."""
    spelled: dict[str, None] = {}
    for text in (name, name.translate(_WRITTEN_OUT)):
        words = fold(text.partition(",")[0]).split() or fold(text).split()
        while len(words) > 1 and words[-1] in _SUFFIXES:
            words.pop()
        spelled["".join(words[-1:])] = None
    return tuple(filter(None, spelled))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the comparison of two records looks at; every text is folded, and empty where nothing is known."""

    title: str
    names: tuple[str, ...]  # see `names_of`
    year: int | None
    ids: frozenset[tuple[str, str]] = frozenset()  # (scheme, value)
    venue: str = ""
    kind: str = ""
    volume: str = ""
    issue: str = ""
    page: str = ""  # the first one
    et_al: bool = False


def fingerprint(paper: Paper, ids: Mapping[str, str]) -> Fingerprint:
    """The fingerprint of a paper with these canonical identifiers."""
    year = paper.year or (paper.date.year if paper.date else None)
    named = frozenset(ids.items())
    return make_fingerprint(
        normalise_title(paper.title), names_of(paper), year, named, paper.venue, paper.kind, paper.extra
    )


def make_fingerprint(
    title: str,
    names: tuple[str, ...],
    year: int | None,
    ids: frozenset[tuple[str, str]],
    venue: str,
    kind: str,
    extra: Mapping[str, Any],
) -> Fingerprint:
    """A fingerprint of parts; `title` is normalised."""
    return Fingerprint(
        title,
        names,
        year,
        ids,
        fold(venue),
        _FORMS.get(kind, ""),
        _said(extra, "volume"),
        _said(extra, "issue", "number"),
        _page(extra),
        bool(extra.get("et_al")),
    )


def _page(extra: Mapping[str, Any]) -> str:
    pages = _said(extra, "pages", "article_number")
    first = _FIRST_NUMBER.search(pages)
    return first[0] if first else pages


def _said(extra: Mapping[str, Any], *keys: str) -> str:
    value = next((extra[key] for key in keys if extra.get(key) not in (None, "")), "")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return fold(str(value)).lstrip("0")


def clash(a: Iterable[tuple[str, str]], b: Iterable[tuple[str, str]]) -> bool:
    """Whether these identifiers are two papers: both name one in a scheme of one id a paper, and none in common.

    The DOI of a preprint and that of the article it became are no contradiction.
    """
    for scheme in _ONE_A_PAPER:
        mine, theirs = ({value for name, value in ids if name == scheme} for ids in (a, b))
        if mine and theirs and not mine & theirs:
            if scheme == "doi" and _all_preprints(mine) != _all_preprints(theirs):
                continue
            return True
    return False


def _all_preprints(dois: Iterable[str]) -> bool:
    return all(_PREPRINT_DOI.match(doi) for doi in dois)


def title_score(a: Fingerprint, b: Fingerprint) -> float:
    """How alike two records are if they may be one paper, else 0: 1 for equal titles, else the Jaccard of 3-grams.

    A title alone is no evidence. It takes people too: one in common, all of them where the title is short; where a
    side names none, a venue, or a long title against which nothing speaks. A heading that many papers bear needs
    venue, volume and page. Numbers, years, forms, volumes and pages that differ, and identifiers that clash, say no.
    """
    score = _likeness(a.title, b.title)
    if not score or clash(a.ids, b.ids) or contradict(a, b):
        return 0.0
    if is_generic(a.title) or is_generic(b.title):
        return score if score == 1 and _same_place(a, b) else 0.0
    if not (a.names and b.names):
        return score if score == 1 and _speaks_for_itself(a, b) else 0.0
    short = len(a.title.split()) < _SHORT or len(b.title.split()) < _SHORT
    if short and not (a.year and b.year) and not same_venue(a.venue, b.venue):
        return 0.0
    return score if _same_people(a, b, every=short or _years(a, b) > _MAX_YEARS) else 0.0


def contradict(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether year, form, volume or page say that two records of like title are two works."""
    short = len(a.title.split()) < _SHORT
    preprint = _is_preprint(a) or _is_preprint(b)
    if _years(a, b) > _allowed_years(a, b, preprint=preprint, short=short):
        return True
    if a.kind and b.kind and a.kind != b.kind and {a.kind, b.kind} & {"thesis", "book", "other"}:
        return True
    if preprint:
        return False
    if short and a.venue and b.venue and not same_venue(a.venue, b.venue):
        return True
    numbered = any(x and y and x != y for x, y in ((a.volume, b.volume), (a.issue, b.issue)))
    paged = bool(a.page and b.page and a.page != b.page)
    if paged and "1" in (a.page, b.page) and not numbered and same_venue(a.venue, b.venue):
        paged = False  # pages counted anew in every article
    return numbered or paged


def _allowed_years(a: Fingerprint, b: Fingerprint, *, preprint: bool, short: bool) -> int:
    if not (a.names and b.names):
        return 0
    return _MAX_PREPRINT_YEARS if preprint else 1 if short else _MAX_YEARS


def _is_preprint(one: Fingerprint) -> bool:
    """Whether a record is of the version before publication: it has no place in a journal."""
    if one.kind == "preprint" or any(word in one.venue for word in ("arxiv", "biorxiv", "medrxiv", "preprint", "ssrn")):
        return True
    schemes = {scheme for scheme, _ in one.ids}
    dois = [value for scheme, value in one.ids if scheme == "doi"]
    return ("arxiv" in schemes or bool(dois)) and _all_preprints(dois) and not one.venue and not one.volume


def _years(a: Fingerprint, b: Fingerprint) -> int:
    return abs(a.year - b.year) if a.year and b.year else 0


def _same_people(a: Fingerprint, b: Fingerprint, *, every: bool) -> bool:
    mine, theirs = surnames(a.names), surnames(b.names)
    if not every:
        return bool(mine & theirs)
    fewer, more = sorted((a, b), key=lambda one: len(one.names))
    if len(fewer.names) < len(more.names) and not fewer.et_al:
        return False
    others = surnames(more.names)
    return all(surnames([name]) & others for name in fewer.names)


def _same_place(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether venue, volume (or year) and first page say the same."""
    volume = a.volume == b.volume if a.volume or b.volume else bool(a.year and a.year == b.year)
    return bool(same_venue(a.venue, b.venue) and volume and a.page and a.page == b.page)


def _speaks_for_itself(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether equal titles suffice where a side names no author."""
    if a.venue and b.venue:
        return same_venue(a.venue, b.venue) and bool(a.year and b.year)
    return len(a.title.split()) >= _LONG or (bool(a.year and b.year) and len(a.title.split()) >= _SHORT)


def _likeness(a: str, b: str) -> float:
    """1 for equal titles, however words are divided; the Jaccard of 3-grams where what differs is no other matter."""
    if differ_in_number(a, b):
        return 0.0
    if a == b or a.replace(" ", "") == b.replace(" ", ""):
        return 1.0 if a else 0.0
    mine, theirs = title_grams(a), title_grams(b)
    score = len(mine & theirs) / len(mine | theirs) if mine and theirs else 0.0
    return score if score >= TITLE_THRESHOLD and same_words(a, b) else 0.0


def related(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether two records under one identifier can be one work: something of their titles or people is common.

    An identifier given to a chapter may be its book's, and a template's DOI stands in many papers.
    """
    if _overlap(a.title, b.title) >= 0.5 and not differ_in_number(a.title, b.title):
        return True
    if not (a.names and b.names):
        return _overlap(a.title, b.title) > 0 or min(len(_content(a.title)), len(_content(b.title))) < _SHORT - 1
    return bool(surnames(a.names) & surnames(b.names)) and not (a.page and b.page and a.page != b.page)


def continues(old: Fingerprint, new: Fingerprint) -> bool:
    """Whether a file's record is a later word on the paper its key stood for: a like title, people in common."""
    if old.ids & new.ids and related(old, new):
        return True
    if (old.title, old.names, old.venue, old.volume, old.page) == (
        new.title,
        new.names,
        new.venue,
        new.volume,
        new.page,
    ):
        return True
    equal = old.title.replace(" ", "") == new.title.replace(" ", "")
    if old.names and new.names and not surnames(old.names) & surnames(new.names):
        return False
    if equal:
        return not (is_generic(new.title) or not (old.names and new.names)) or not contradict(old, new)
    if clash(old.ids, new.ids) or differ_in_number(old.title, new.title) or _years(old, new) > _MAX_YEARS:
        return False
    return _overlap(old.title, new.title) >= 0.6


def _overlap(a: str, b: str) -> float:
    """The Jaccard of the words with a meaning of two normalised titles."""
    mine, theirs = _content(a), _content(b)
    return len(mine & theirs) / len(mine | theirs) if mine and theirs else 0.0


def _content(title: str) -> frozenset[str]:
    return frozenset(title.split()) - STOP_WORDS
