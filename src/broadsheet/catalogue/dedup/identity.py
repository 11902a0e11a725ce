"""When are two records the same paper? Pure: what speaks for it, and what against."""

from __future__ import annotations

from collections.abc import Iterable

from broadsheet.catalogue.dedup.fingerprint import Fingerprint, surnames
from broadsheet.catalogue.dedup.title_hashes import SHORT_TITLE, title_grams
from broadsheet.catalogue.dedup.titles import differ_in_number, is_generic, same_words
from broadsheet.catalogue.dedup.venues import same_venue
from broadsheet.kit.identifiers import is_preprint_doi
from broadsheet.kit.text import STOP_WORDS

__all__ = ["TITLE_THRESHOLD", "clash", "continues", "contradict", "related", "title_score"]

TITLE_THRESHOLD = 0.9  # Jaccard of word 3-grams
_LONG = 7  # from so many words on a title without authors may speak for itself
_ONE_A_PAPER = ("arxiv", "doi", "acl", "pmid", "pmcid")  # the other catalogues know many a paper twice
_MAX_YEARS = 2
_MAX_PREPRINT_YEARS = 9  # from a preprint to its journal


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
    return all(map(is_preprint_doi, dois))


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
    short = _is_short(a, b)
    if short and not (a.year and b.year) and not same_venue(a.venue, b.venue):
        return 0.0
    return score if _same_people(a, b, every=short or _years(a, b) > _MAX_YEARS) else 0.0


def contradict(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether year, form, volume or page say that two records of like title are two works."""
    short = _is_short(a, b)
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


def _is_short(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether a title of the two is short; words may be divided in one and joined in the other."""
    return len(a.title.split()) < SHORT_TITLE or len(b.title.split()) < SHORT_TITLE


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
    if len(fewer.names) == len(more.names) and not _all_among(more, fewer):
        return False
    return _all_among(fewer, more)


def _all_among(fewer: Fingerprint, more: Fingerprint) -> bool:
    """Whether everybody of the one is named by the other too."""
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
    return len(a.title.split()) >= _LONG or (bool(a.year and b.year) and len(a.title.split()) >= SHORT_TITLE)


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
    """Whether two records under one identifier can be one work: something of their titles or most people are common.

    An identifier given to a chapter may be its book's, and a template's DOI stands in many papers: that two of them
    have an author called Wang is no evidence.
    """
    if _overlap(a.title, b.title) >= 0.5 and not differ_in_number(a.title, b.title):
        return True
    if not (a.names and b.names):
        return _overlap(a.title, b.title) > 0 or min(len(_content(a.title)), len(_content(b.title))) < SHORT_TITLE - 1
    return _mostly_same_people(a, b) and not (a.page and b.page and a.page != b.page)


def _mostly_same_people(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether most of the shorter list of authors, and half of the longer if the shorter is not cut, are in both."""
    fewer, more = sorted((a, b), key=lambda one: len(set(one.names)))
    left = [surnames([name]) for name in dict.fromkeys(more.names)]
    count, whole = len(set(fewer.names)), len(left)
    for name in dict.fromkeys(fewer.names):
        mine = surnames([name])
        if (place := next((i for i, other in enumerate(left) if mine & other), None)) is not None:
            del left[place]
    common = whole - len(left)
    return 2 * common > count and (fewer.et_al or 2 * common >= whole)


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
