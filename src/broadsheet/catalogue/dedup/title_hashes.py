"""Title hashes, by which a paper is looked up by title. Pure.

The normalised form of a title is stored (as hashes), so `normalise_title` may change only with a migration.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from broadsheet.catalogue.dedup.titles import is_generic
from broadsheet.kit.text import fold

__all__ = [
    "SHORT_TITLE",
    "first_page",
    "gram_hashes",
    "hashes_at",
    "normalise_title",
    "said",
    "title_grams",
    "title_hashes",
]

SHORT_TITLE = 4  # words; a shorter title says little by itself
_ALONE = 9  # with fewer 3-grams than this no other set reaches the threshold
_FIRST_NUMBER = re.compile(r"\d+")


def normalise_title(text: str) -> str:
    """The folded words of a title with single spaces between them."""
    return fold(text)


@lru_cache(maxsize=8192)  # a batch asks for the same titles again and again
def title_grams(normalised: str) -> frozenset[str]:
    """The word 3-grams of a normalised title; none if it has fewer than four words and so may not be compared."""
    words = normalised.split()
    if len(words) < SHORT_TITLE:
        return frozenset()
    return frozenset([f"{a} {b} {c}" for a, b, c in zip(words, words[1:], words[2:], strict=False)])


def title_hashes(normalised: str, extra: Mapping[str, Any]) -> list[int]:
    """The hashes by which a paper is found by its title: of the title, and of the grams that a like one must share.

    A heading that many papers bear is found by its volume and page alone, and not at all without a page.
    """
    if is_generic(normalised):
        return hashes_at(normalised, said(extra, "volume"), first_page(extra))
    return hashes_at(normalised)


def hashes_at(title: str, volume: str = "", page: str = "") -> list[int]:
    """The `title_hashes` of a title at this place in a journal."""
    squeezed = title.replace(" ", "")
    if is_generic(title):
        return [zlib.crc32(f"{squeezed}|{volume}|{page}".encode())] if page else []
    grams = title_grams(title)
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


def first_page(extra: Mapping[str, Any]) -> str:
    """The first page, or the article's number, folded; empty where a record has none."""
    pages = said(extra, "pages", "article_number")
    first = _FIRST_NUMBER.search(pages)
    return first[0] if first else pages


def said(extra: Mapping[str, Any], *keys: str) -> str:
    """The first of these fields that is set, folded and without leading zeros."""
    value = next((extra[key] for key in keys if extra.get(key) not in (None, "")), "")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return fold(str(value)).lstrip("0")
