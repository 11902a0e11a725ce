"""Decides whether two records are the same paper, from their fingerprints. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from broadsheet.catalogue.dedup.fingerprint import Fingerprint, surnames
from broadsheet.catalogue.dedup.title_hashes import SHORT_TITLE, title_grams
from broadsheet.catalogue.dedup.titles import differ_in_number, is_generic, same_words
from broadsheet.catalogue.dedup.venues import same_venue
from broadsheet.kit.identifiers import is_preprint_doi
from broadsheet.kit.text import STOP_WORDS

__all__ = ["TITLE_THRESHOLD", "compatible", "ids_conflict", "is_revision", "metadata_conflicts", "title_score"]

TITLE_THRESHOLD = 0.9  # Jaccard of word 3-grams
_LONG_TITLE = 7  # words; from this length on, an equal title may suffice without authors
_UNIQUE_SCHEMES = ("arxiv", "doi", "acl", "pmid", "pmcid")  # schemes that give a paper one id only
_MAX_YEARS = 2
_MAX_PREPRINT_YEARS = 9  # between a preprint and its journal version


def ids_conflict(a: Iterable[tuple[str, str]], b: Iterable[tuple[str, str]]) -> bool:
    """Whether these identifiers belong to two papers: both have ids of a unique scheme, and none in common.

    The DOI of a preprint and the DOI of its published version do not conflict.
    """
    for scheme in _UNIQUE_SCHEMES:
        ids_a, ids_b = ({value for name, value in ids if name == scheme} for ids in (a, b))
        if ids_a and ids_b and not ids_a & ids_b:
            if scheme == "doi" and _all_preprints(ids_a) != _all_preprints(ids_b):
                continue
            return True
    return False


def _all_preprints(dois: Iterable[str]) -> bool:
    return all(map(is_preprint_doi, dois))


def title_score(a: Fingerprint, b: Fingerprint) -> float:
    """Score two records by title: 1 for equal titles, else the Jaccard of 3-grams; 0 if they cannot be one paper.

    A similar title is not enough. The records also need a common author, or all authors in common if the title is
    short; if one names no author, the same venue or a long title. A generic heading needs the same venue, volume and
    page. A different number, year, kind, volume or page, or conflicting identifiers, give 0.
    """
    score = _title_similarity(a.title, b.title)
    if not score or ids_conflict(a.ids, b.ids) or metadata_conflicts(a, b):
        return 0.0
    if is_generic(a.title) or is_generic(b.title):
        return score if score == 1 and _same_venue_and_page(a, b) else 0.0
    if not (a.names and b.names):
        return score if score == 1 and _title_suffices(a, b) else 0.0
    short = _is_short(a, b)
    if short and not (a.year and b.year) and not same_venue(a.venue, b.venue):
        return 0.0
    return score if _same_people(a, b, every=short or _years_apart(a, b) > _MAX_YEARS) else 0.0


def metadata_conflicts(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether year, kind, volume or page show that two records with similar titles are two works."""
    short = _is_short(a, b)
    preprint = _is_preprint(a) or _is_preprint(b)
    if _years_apart(a, b) > _max_years_apart(a, b, preprint=preprint, short=short):
        return True
    if a.kind and b.kind and a.kind != b.kind and {a.kind, b.kind} & {"thesis", "book", "other"}:
        return True
    if preprint:
        return False
    if short and a.venue and b.venue and not same_venue(a.venue, b.venue):
        return True
    volumes_differ = any(x and y and x != y for x, y in ((a.volume, b.volume), (a.issue, b.issue)))
    pages_differ = bool(a.page and b.page and a.page != b.page)
    if pages_differ and "1" in (a.page, b.page) and not volumes_differ and same_venue(a.venue, b.venue):
        pages_differ = False  # the venue numbers the pages of each article from 1
    return volumes_differ or pages_differ


def _is_short(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether one of the two titles is short; the other may have the same words split into more."""
    return len(a.title.split()) < SHORT_TITLE or len(b.title.split()) < SHORT_TITLE


def _max_years_apart(a: Fingerprint, b: Fingerprint, *, preprint: bool, short: bool) -> int:
    if not (a.names and b.names):
        return 0
    return _MAX_PREPRINT_YEARS if preprint else 1 if short else _MAX_YEARS


def _is_preprint(record: Fingerprint) -> bool:
    """Whether a record describes a preprint: its venue is a preprint server, or it has no venue and no volume."""
    if record.kind == "preprint" or any(
        word in record.venue for word in ("arxiv", "biorxiv", "medrxiv", "preprint", "ssrn")
    ):
        return True
    schemes = {scheme for scheme, _ in record.ids}
    dois = [value for scheme, value in record.ids if scheme == "doi"]
    return ("arxiv" in schemes or bool(dois)) and _all_preprints(dois) and not record.venue and not record.volume


def _years_apart(a: Fingerprint, b: Fingerprint) -> int:
    return abs(a.year - b.year) if a.year and b.year else 0


def _same_people(a: Fingerprint, b: Fingerprint, *, every: bool) -> bool:
    surnames_a, surnames_b = surnames(a.names), surnames(b.names)
    if not every:
        return bool(surnames_a & surnames_b)
    shorter, longer = sorted((a, b), key=lambda one: len(one.names))
    if len(shorter.names) < len(longer.names) and not shorter.et_al:
        return False
    if len(shorter.names) == len(longer.names) and not _names_all(longer, shorter):
        return False
    return _names_all(shorter, longer)


def _names_all(shorter: Fingerprint, longer: Fingerprint) -> bool:
    """Whether the longer list names every author of the shorter one."""
    surnames_of_longer = surnames(longer.names)
    return all(surnames([name]) & surnames_of_longer for name in shorter.names)


def _same_venue_and_page(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether venue, volume (or year) and first page agree."""
    volume = a.volume == b.volume if a.volume or b.volume else bool(a.year and a.year == b.year)
    return bool(same_venue(a.venue, b.venue) and volume and a.page and a.page == b.page)


def _title_suffices(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether equal titles are enough where one record names no author."""
    if a.venue and b.venue:
        return same_venue(a.venue, b.venue) and bool(a.year and b.year)
    return len(a.title.split()) >= _LONG_TITLE or (bool(a.year and b.year) and len(a.title.split()) >= SHORT_TITLE)


def _title_similarity(a: str, b: str) -> float:
    """1 for titles equal up to spaces; the Jaccard of 3-grams if only spelling and small words differ; else 0."""
    if differ_in_number(a, b):
        return 0.0
    if a == b or a.replace(" ", "") == b.replace(" ", ""):
        return 1.0 if a else 0.0
    grams_a, grams_b = title_grams(a), title_grams(b)
    score = len(grams_a & grams_b) / len(grams_a | grams_b) if grams_a and grams_b else 0.0
    return score if score >= TITLE_THRESHOLD and same_words(a, b) else 0.0


def compatible(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether two records with a common identifier can be one work: the titles overlap, or most authors agree.

    Identifiers can be wrong: a chapter may carry the DOI of its book, and many papers the DOI of a template. One common
    surname, such as Wang, is therefore not enough.
    """
    if _content_overlap(a.title, b.title) >= 0.5 and not differ_in_number(a.title, b.title):
        return True
    if not (a.names and b.names):
        return (
            _content_overlap(a.title, b.title) > 0
            or min(len(_content_words(a.title)), len(_content_words(b.title))) < SHORT_TITLE - 1
        )
    return _mostly_same_people(a, b) and not (a.page and b.page and a.page != b.page)


def _mostly_same_people(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether most of the shorter author list agrees, and half of the longer one unless the shorter ends in et al."""
    shorter, longer = sorted((a, b), key=lambda one: len(set(one.names)))
    unmatched = [surnames([name]) for name in dict.fromkeys(longer.names)]
    shorter_count, longer_count = len(set(shorter.names)), len(unmatched)
    for name in dict.fromkeys(shorter.names):
        spellings = surnames([name])
        if (match := next((i for i, other in enumerate(unmatched) if spellings & other), None)) is not None:
            del unmatched[match]
    common = longer_count - len(unmatched)
    return 2 * common > shorter_count and (shorter.et_al or 2 * common >= longer_count)


def is_revision(old: Fingerprint, new: Fingerprint) -> bool:
    """Whether a file's record is a newer version of the paper with its key: a similar title and common authors."""
    if old.ids & new.ids and compatible(old, new):
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
        return not (is_generic(new.title) or not (old.names and new.names)) or not metadata_conflicts(old, new)
    if ids_conflict(old.ids, new.ids) or differ_in_number(old.title, new.title) or _years_apart(old, new) > _MAX_YEARS:
        return False
    return _content_overlap(old.title, new.title) >= 0.6


def _content_overlap(a: str, b: str) -> float:
    """The Jaccard similarity of two normalised titles' words, without stop words."""
    words_a, words_b = _content_words(a), _content_words(b)
    return len(words_a & words_b) / len(words_a | words_b) if words_a and words_b else 0.0


def _content_words(title: str) -> frozenset[str]:
    return frozenset(title.split()) - STOP_WORDS
