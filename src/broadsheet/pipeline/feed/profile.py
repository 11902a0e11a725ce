"""A reader's model → the words it looks for and those it passes over, as the reader's own papers write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue
from broadsheet.encoders.contract import TermExplainer
from broadsheet.kit.bag_of_words import locate
from broadsheet.kit.paper import Paper
from broadsheet.kit.text import STOP_TERMS, spans, stem, term
from broadsheet.pipeline.feed.ranking import Interest
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["SILENT", "Profile", "describe"]

LENGTH = 12  # words that stand for a model
PAPERS = 40  # the latest liked and refused papers whose titles and keywords are read
PAIR = 2  # papers that must hold two words side by side before these count as one term

# Words of titles that tell what kind of paper it is, not what it is about.
_FILLER = """
towards toward using based approach method model new novel framework study analysis efficient improved improving
improve effective simple better fast general unified paper technique system problem case application dataset large
scale high low one two first beyond make need give evaluation evaluate result task work state art free learn can
show propose present introduce provide achieve perform performance cover include obtain find demonstrate experiment
existing various different several top late early long short strong weak good best full single multiple small big
join joint key main common recent current real rich wide hard easy high level part set way step rate year
number amount order form type kind point end start base build built create include require consider allow help explore
address apply change increase reduce reduction open close follow lead come go take get put set world day today people
""".split()  # noqa: SIM905  a list of so many words would be one word a line
SILENT = np.array(sorted({*STOP_TERMS.tolist(), *(term(stem(word)) for word in _FILLER)}), np.uint64)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a model looks for and what it passes over, strongest first."""

    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()


def _texts(paper: Paper) -> list[str]:
    return [paper.title, *paper.keywords]


def _strongest(papers: Sequence[Paper], encoder: TermExplainer, direction: NDArray[np.float32]) -> tuple[str, ...]:
    """The words and pairs of the papers' titles and keywords that pull most towards `direction`."""
    texts = [(at, [w for _, _, w in spans(text)]) for at, paper in enumerate(papers) for text in _texts(paper)]
    words = sorted({w for _, text in texts for w in text})
    if not words:
        return ()
    roots = {w: stem(w) for w in words}
    terms = np.array([term(roots[w]) for w in words], np.uint64)
    pulls = encoder.contributions(terms, direction)
    pulls[locate(SILENT, terms) >= 0] = 0
    pull = dict(zip(words, pulls.tolist(), strict=True))
    held: dict[tuple[str, str], set[int]] = {}
    written: dict[tuple[str, str], Counter[str]] = {}
    for at, text in texts:
        for a, b in pairwise(text):
            if pull[a] > 0 and pull[b] > 0 and roots[a] != roots[b]:
                held.setdefault((roots[a], roots[b]), set()).add(at)
                written.setdefault((roots[a], roots[b]), Counter())[f"{a} {b}"] += 1
    candidates = [(pull[w], w) for w in words if pull[w] > 0 and len(w) > 1]
    for pair, where in held.items():
        if len(where) >= PAIR:
            phrase = written[pair].most_common(1)[0][0]
            candidates.append((sum(pull[w] for w in phrase.split()), phrase))
    chosen: list[str] = []
    used: set[str] = set()
    for _, phrase in sorted(candidates, key=lambda c: (-c[0], c[1])):
        mine = {roots[w] for w in phrase.split()}
        if len(chosen) < LENGTH and not mine & used:
            chosen.append(phrase)
            used |= mine
    return tuple(chosen)


def describe(catalogue: Catalogue, view: IndexSnapshot, interest: Interest | None) -> Profile:
    """The profile of a model; empty without one, or with an encoder that cannot tell."""
    if interest is None or not isinstance(view.encoder, TermExplainer):
        return Profile()
    ids = view.ids[interest.rows].tolist()
    liked = ids[: interest.wanted][-PAPERS:]
    refused = ids[interest.wanted : interest.wanted + interest.refused][-PAPERS:]
    papers = catalogue.stored([*liked, *refused])
    direction = interest.model.coef_
    good = [papers[p].paper for p in liked if p in papers]
    bad = [papers[p].paper for p in refused if p in papers]
    return Profile(_strongest(good, view.encoder, direction), _strongest(bad, view.encoder, -direction))
