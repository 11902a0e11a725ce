"""Compares the names of two venues: `J. Rivers` is the Journal of Rivers. Pure; names are folded."""

from __future__ import annotations

from functools import lru_cache

__all__ = ["same_venue"]

_SMALL = frozenset("the of on in and for de des du la le les der die das und fur et y del los e a an".split())  # noqa: SIM905
_COMMON = frozenset("journal j proceedings proc conference conf international intl int annual".split())  # noqa: SIM905


@lru_cache(maxsize=8192)
def same_venue(a: str, b: str) -> bool:
    """Whether two names can be one venue: equal, or one abbreviates the other by word prefixes or by initials."""
    mine, theirs = _words(a), _words(b)
    if not mine or not theirs:
        return False
    short, long = sorted((mine, theirs), key=lambda words: (sum(map(len, words)), words))
    return _abbreviates(short, long) or _initials(short, long)


def _words(name: str) -> tuple[str, ...]:
    words = name.split()
    # The last letter is a section, as in `J. Phys. A`.
    return tuple([w for i, w in enumerate(words) if (w not in _SMALL or i == len(words) - 1 > 0) and not w.isdigit()])


def _abbreviates(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether the words of the short name abbreviate words of the long one in order; common words are ignored."""
    rest = list(long)
    left: list[str] = []
    for word in short:
        place = next((i for i, other in enumerate(rest) if _begins(word, other)), None)
        if place is None:
            if word in _COMMON:
                continue
            return False
        left += rest[:place]
        rest = rest[place + 1 :]
    return len([word for word in left + rest if word not in _COMMON]) < len(short)


def _begins(word: str, other: str) -> bool:
    if len(word) == 1 == len(other) or word in _SMALL or other in _SMALL:
        return word == other
    return (
        other.startswith(word)
        or word.startswith(other)
        or (len(word) > 2 and word[0] == other[0] and _within(word, other))
    )


def _within(word: str, other: str) -> bool:
    """Whether a word contains the letters of an abbreviation in their order: `natl` for `national`."""
    rest = iter(other)
    return all(letter in rest for letter in word) and len(word) <= 5


def _initials(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    joined = "".join(short)
    return len(joined) > 1 and joined == "".join(word[0] for word in long)
