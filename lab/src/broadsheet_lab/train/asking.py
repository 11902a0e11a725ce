"""Queries made of papers, as people would type them, without a language model.

short      two to six words: phrases of title and abstract (runs of words between stop words), rare words first,
           sometimes out of order, sometimes with a word left out
title, sentence, keywords   as they stand; what they are taken from is gone from the paper's text
need       one or two sentences of the abstract without some of their words and without "we", "our", "this paper"
slips      one query in ten has a slip of typing
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from broadsheet.kit.sentences import sentences
from broadsheet_lab.bench.search.query_set import Doc
from broadsheet_lab.bench.search.slips import slip

__all__ = ["Drawn", "Maker"]

_STOP_WORDS = """
a an and are as at be been being but by can could did do does doing for from had has have how however if in
into is it its may might more most much no not of on only or other our ours over same should so some such than
that the their them then there these they this those through thus to too under up upon very via was we were
what when where whether which while who whose why will with within without would you your also both each
between across against among toward towards paper propose proposed proposes present presents presented show
shows shown introduce introduces novel new based using use used uses approach approaches method methods
results result work existing state art demonstrate demonstrates experiments achieve achieves performance
different several many first two three one recent recently further furthermore moreover address problem
problems study studies
"""  # of English, and of abstracts
_STOP = frozenset(_STOP_WORDS.split())
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9+\-./']*")
_OWN = re.compile(
    r"\b(in this (paper|work|study|article),?|this (paper|work|study)|we|our|propose|present|introduce"
    r"|demonstrate that|show that|experiments? (show|demonstrate)s? that|extensive|furthermore|moreover|however"
    r"|additionally|specifically|to this end|in addition|finally|first|also)\b,?\s*",
    re.IGNORECASE,
)
SLIPS = 0.1


@dataclass(frozen=True, slots=True)
class Drawn:
    """A query, and what of the paper it must not be compared with."""

    text: str
    kind: str
    without: int = -1  # the sentence of the abstract that is gone
    untitled: bool = False


@dataclass(frozen=True)
class Maker:
    """Draws queries. `rarity` is the idf of lower-cased words; unknown ones count as rare."""

    rarity: dict[str, float]
    rarest: float

    def draw(self, doc: Doc, rng: np.random.Generator) -> Drawn:
        """A query for a paper with title and abstract."""
        chance = rng.random()
        spans = sentences(doc.abstract)
        if chance < 0.10:
            drawn = Drawn(doc.title, "title", untitled=True)
        elif chance < 0.30 and len(spans) >= 3:
            at = int(rng.integers(len(spans)))
            drawn = Drawn(doc.abstract[slice(*spans[at])], "sentence", without=at)
        elif chance < 0.42 and len(doc.keywords) >= 2:
            n = int(rng.integers(2, min(6, len(doc.keywords) + 1)))
            words = rng.permutation(np.array(doc.keywords, dtype=object))[:n]
            drawn = Drawn(", ".join(words), "keywords")
        elif chance < 0.55:
            drawn = self._need(doc, spans, rng)
        else:
            drawn = self._short(doc, rng)
        text = slip(drawn.text, str(rng.integers(1 << 32))) if rng.random() < SLIPS else drawn.text
        return Drawn(text, drawn.kind, drawn.without, drawn.untitled)

    def _phrases(self, text: str) -> list[list[str]]:
        """Runs of one to four words between stop words and marks."""
        phrases: list[list[str]] = []
        for part in re.split(r"[,;:()\[\]?!\"]|\.\s|\.$", text):
            run: list[str] = []
            for word in [*_WORD.findall(part), ""]:
                if word and word.lower() not in _STOP and len(run) < 4:
                    run.append(word)
                    continue
                if run:
                    phrases.append(run)
                run = [word] if word and word.lower() not in _STOP else []
        return phrases

    def _weight(self, phrase: list[str]) -> float:
        return sum(self.rarity.get(w.lower(), self.rarest) for w in phrase) / float(np.sqrt(len(phrase)))

    def _short(self, doc: Doc, rng: np.random.Generator) -> Drawn:
        titled = rng.random() < 0.5
        phrases = self._phrases(doc.title if titled else f"{doc.title}. {doc.abstract}")
        if not phrases:
            return Drawn(doc.title, "title", untitled=True)
        weights = np.array([self._weight(p) for p in phrases])
        chances = weights**2 / (weights**2).sum() if weights.sum() > 0 else None
        n = min(int(rng.integers(1, 4)), len(phrases))
        picked = [phrases[i] for i in rng.choice(len(phrases), n, replace=False, p=chances)]
        words = [w for p in picked for w in p][:6]
        if len(words) > 3 and rng.random() < 0.3:
            words.pop(int(rng.integers(len(words))))
        text = " ".join(words)
        untitled = titled and rng.random() < 0.5
        return Drawn(text if rng.random() < 0.3 else text.lower(), "short", untitled=untitled)

    def _need(self, doc: Doc, spans: list[tuple[int, int]], rng: np.random.Generator) -> Drawn:
        if not spans:
            return Drawn(doc.title, "title", untitled=True)
        at = int(rng.integers(len(spans)))
        text = _OWN.sub("", doc.abstract[slice(*spans[at])])
        words = [w for w in text.split() if rng.random() > 0.2]
        if rng.random() < 0.5 and doc.title:
            mine = [w for p in self._phrases(doc.title) for w in p]
            words = [*mine[: int(rng.integers(2, 6))], *words]
        return Drawn(" ".join(words[:40]) or doc.title, "need", without=at if rng.random() < 0.5 else -1)
