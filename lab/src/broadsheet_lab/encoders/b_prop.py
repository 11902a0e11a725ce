"""B-PROP: representative words chosen by where a transformer itself looks, instead of by how often they occur.

Problem: words drawn from counts are drawn without regard to each other; frequent ones fill the sets. Idea: a
transformer's [CLS] token sums a text up, so its attention over the text is a distribution of terms that heeds their
context; what all texts attend to is noise. How far a term's attention stands out from the average text's (divergence
from randomness) is its score, and sets of such terms are paired and learned from as in PROP.

Ma, Guo, Zhang, Fan, Li, Cheng: B-PROP: Bootstrapped Pre-training with Representative Words Prediction for Ad-hoc
Retrieval. SIGIR 2021 (2104.09791).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.encoders._attention import Attention
from broadsheet_lab.encoders._representative import PLAN, Representative
from broadsheet_lab.encoders._word_sets import WordSets, set_lengths

if TYPE_CHECKING:
    from broadsheet_lab.networks import Network
    from broadsheet_lab.training import Plan

__all__ = [
    "BPROP",
    "CARD",
    "Attention",
    "Contrast",
    "attention_distribution",
    "contrastive_scores",
    "saturated",
    "softmax",
    "without_replacement",
]


CARD = Card(
    title="B-PROP: Bootstrapped Pre-training with Representative Words Prediction for Ad-hoc Retrieval",
    paper="2104.09791",
    year=2021,
    fidelity="reduced",
    solves="a reranker trained on the documents alone, on words a transformer finds telling",
    when="As prop; it wants no language model of the collection, only the network's own attention.",
    costs="As prop, and one reading of every text before training.",
    unused="The product's reranker is trained on titles and sentences as queries, of which every library has plenty.",
    claims=(
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, word sets of 300 papers, test half",
            "pairs of word sets ordered as their contrastive scores (share)",
            0.8,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, written queries, test half",
            "MRR@10, the first 10 of BM25 reranked without labels, B-PROP over PROP (ratio)",
            1.01,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, written queries, test half",
            "MRR@10, the first 10 of BM25 reranked after 50 labels, B-PROP over PROP (ratio)",
            1.01,
            ours=True,
        ),
    ),
    departures=(
        "it begins with MiniLM instead of BERT: the attention is that of a sentence encoder, whose [CLS] token was not "
        "trained to sum up the text",
        "measured small, and PROP with it on the same papers: 1,000 papers, 80 steps of 16 pairs, the first 32 words "
        "of a text; the default is 2,000 steps",
        "beside the state of [CLS], which MiniLM never uses, the product and the cosine of both texts' mean states are "
        "judged; the loss of hidden words, for which MiniLM has no head to begin with, counts a tenth",
        "hidden words are asked for beside the better of two word sets, not beside both",
    ),
    builds_on=("prop",),
    needs=("transformers",),
)

_MOST = 100.0  # a contrastive score is cut here


def saturated(attention: NDArray[np.float64], half: float = 0.01) -> NDArray[np.float64]:
    """a / (a + half): a term looked at twice as long does not count twice."""
    return np.asarray(attention / (attention + half), np.float64)


def attention_distribution(
    words: NDArray[np.int64], attention: NDArray[np.float64], half: float = 0.01
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(the distinct words of one text, ascending; how its attention is shared among them), from its tokens (t,).

    The attention of a word is the sum over where it occurs, then saturated and scaled to sum to 1.
    """
    distinct, slots = np.unique(words, return_inverse=True)
    shares = saturated(np.bincount(slots, attention, len(distinct)).astype(np.float64), half)
    return distinct, shares / max(float(shares.sum()), 1e-300)


def contrastive_scores(document: NDArray[np.float64], random: NDArray[np.float64]) -> NDArray[np.float64]:
    """-p_d log2 p_random of the words of a document, (t,), at most 100.

    What stands out is looked at in this text and hardly at all in the average one.
    """
    return np.minimum(-document * np.log2(np.maximum(random, 1e-300)), _MOST)


def softmax(scores: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """exp(s / T) / sum exp(s / T), (t,)."""
    found = np.exp((scores - scores.max()) / temperature)
    return np.asarray(found / found.sum(), np.float64)


def without_replacement(
    probability: NDArray[np.float64], sizes: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """As many distinct positions as `sizes` (m,) says, drawn one after the other: (m, longest), -1 behind the last.

    The greatest of log p + Gumbel noise are such a sample.
    """
    noise = np.log(np.maximum(probability, 1e-300)) + rng.gumbel(size=(len(sizes), len(probability)))
    order = np.argsort(-noise, axis=1)[:, : sizes.max(initial=0)]
    return np.where(np.arange(order.shape[1]) < sizes[:, None], order, -1)


class Contrast(Persistent):
    """How far the terms of a text stand out by their attention, and pairs of sets drawn by it.

    `half` is the saturation, `temperature` that of the softmax the words are drawn by: the lower, the more they are the
    ones that stand out. Texts of fewer than `least` distinct words give no pairs. Learns `random_` (v,).
    """

    def __init__(self, *, half: float = 0.01, temperature: float = 1.0, mean: float = 3.0, least: int = 10) -> None:
        if half <= 0 or temperature <= 0 or mean <= 0:
            raise ValueError(f"half {half}, temperature {temperature} and mean {mean} must be above 0")
        self.half = half
        self.temperature = temperature
        self.mean = mean
        self.least = least
        self.random_ = np.empty(0, np.float64)

    def fit(
        self, words: NDArray[np.int64], attention: NDArray[np.float64], bounds: NDArray[np.int64], vocabulary: int
    ) -> Contrast:
        """The mean of the distributions of n texts: the random distribution.

        Text i has the words words[bounds[i]:bounds[i + 1]], numbers below `vocabulary`, each with the [CLS] attention
        (averaged over heads) it gets. Raises ValueError for what does not fit together.
        """
        if len(words) != len(attention) or len(bounds) < 2 or bounds[-1] != len(words):
            raise ValueError(f"{len(words)} words, {len(attention)} weights and bounds up to {bounds[-1:]} differ")
        if len(words) and (words.min() < 0 or words.max() >= vocabulary or attention.min() < 0):
            raise ValueError(
                f"words from {words.min()} to {words.max()} of {vocabulary}, weights from {attention.min()}"
            )
        total = np.zeros(vocabulary)
        for start, stop in pairwise(bounds):
            distinct, shares = attention_distribution(words[start:stop], attention[start:stop], self.half)
            total[distinct] += shares
        self.random_ = total / (len(bounds) - 1)
        return self

    def scores(
        self, words: NDArray[np.int64], attention: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """(the distinct words of one text that were seen in fitting, their contrastive scores)."""
        distinct, shares = attention_distribution(words, attention, self.half)
        known = self.random_[distinct] > 0
        return distinct[known], contrastive_scores(shares[known], self.random_[distinct[known]])

    def pairs(
        self,
        words: NDArray[np.int64],
        attention: NDArray[np.float64],
        bounds: NDArray[np.int64],
        names: Sequence[str],
        *,
        per_document: int = 5,
        seed: int = 0,
    ) -> WordSets:
        """Two sets of one length from each text, `per_document` times, ordered by the sums of their scores.

        `names` are the words by number. A set takes at most half of a text's words, so that two can differ.
        """
        rng = np.random.default_rng(seed)
        rows, sets, sums = [], [], []
        for i, (start, stop) in enumerate(pairwise(bounds)):
            distinct, scores = self.scores(words[start:stop], attention[start:stop])
            if len(distinct) < max(self.least, 2):
                continue
            sizes = np.minimum(set_lengths(per_document, self.mean, rng), len(distinct) // 2)
            probability = softmax(scores, self.temperature)
            for _ in range(2):
                drawn = without_replacement(probability, sizes, rng)  # (p, l)
                sets.append(np.where(drawn >= 0, distinct[drawn], -1))
                sums.append(np.where(drawn >= 0, scores[drawn], 0).sum(axis=1))
            rows.append(i)
        if not rows:
            return WordSets(np.empty(0, np.int64), (), (), np.empty((0, 2)))
        wide = max(s.shape[1] for s in sets)
        padded = [np.pad(s, ((0, 0), (0, wide - s.shape[1])), constant_values=-1) for s in sets]
        both = np.stack([np.concatenate(padded[side::2]) for side in (0, 1)], axis=1)  # (m, 2, l)
        totals = np.stack([np.concatenate(sums[side::2]) for side in (0, 1)], axis=1)
        return WordSets.ordered(np.repeat(np.array(rows), per_document), both, totals, names)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""
        return {"random": self.random_, "settings": np.array([self.half, self.temperature, self.mean, self.least])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The contrast again. Raises ValueError if the arrays do not fit together."""
        half, temperature, mean, least = arrays["settings"].tolist()
        contrast = cls(half=half, temperature=temperature, mean=mean, least=int(least))
        contrast.random_ = arrays["random"]
        return contrast


class BPROP(Representative):
    """A reranker pre-trained on word sets that the attention of the network it begins with draws.

    `temperature` is that of the softmax the words are drawn by; texts of fewer than `least` words give no sets. Learns
    `contrast_` and `names_` beside `reader_`.

    >>> from broadsheet_lab.encoders.b_prop import BPROP
    >>> from broadsheet_lab.networks import Network
    >>> from broadsheet_lab.training import Plan
    >>> texts = [f"grasp {'cup box jar'.split()[i % 3]} robot hand moves quickly {chr(97 + i % 9)}x" for i in range(60)]
    >>> method = BPROP(Network.small(texts), least=4, plan=Plan(steps=5)).fit(texts)
    >>> method.scores("grasp cup", texts[:2]).shape
    (2,)
    """

    def __init__(
        self,
        network: Network | None = None,
        *,
        words: int = 72,
        masked: float = 0.15,
        per_document: int = 5,
        least: int = 10,
        temperature: float = 1.0,
        plan: Plan | None = PLAN,
    ) -> None:
        super().__init__(network, words=words, masked=masked, per_document=per_document, least=least, plan=plan)
        self.temperature = temperature
        self.contrast_ = Contrast(temperature=temperature, least=least)
        self.names_: tuple[str, ...] = ()
        self._start: Network | None = None

    def word_sets(self, texts: Sequence[str], *, learn: bool = False) -> WordSets:
        """Pairs of word sets of texts, by the network's attention before it was trained."""
        if learn or self._start is None:
            self._start = self._begun().network
        seen = Attention.of(self._start, texts, () if learn else self.names_)
        if learn:
            self.contrast_.fit(seen.words, seen.weights, seen.bounds, len(seen.names))
            self.names_ = seen.names
        known = np.zeros(len(seen.names))
        known[: len(self.names_)] = self.contrast_.random_
        own = Contrast(temperature=self.contrast_.temperature, least=self.contrast_.least)
        own.random_ = known  # a word that was in no text it was fitted on is in no set
        return own.pairs(
            seen.words, seen.weights, seen.bounds, seen.names, per_document=self.per_document, seed=self._seed
        )

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, without the network it began with."""
        own = {f"contrast.{name}": a for name, a in self.contrast_.to_arrays().items()}
        return {**super().to_arrays(), **own, "contrast.names": np.array(self.names_, np.str_)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], network: Network | None = None) -> Self:
        """The method again; `network` is what it began with (MiniLM if None), and is only needed to draw word sets.

        Raises ValueError if the arrays do not fit, ImportError without the network's base.
        """
        method = super().from_arrays(arrays)
        own = {name.removeprefix("contrast."): a for name, a in arrays.items() if name.startswith("contrast.")}
        method.network, method.contrast_ = network, Contrast.from_arrays(own)
        method.temperature = method.contrast_.temperature
        method.names_ = tuple(own["names"].tolist())
        return method
