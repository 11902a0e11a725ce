"""Dual space: one space for what words are about (domain) and one for what they do (function).

Problem: a single similarity of words cannot tell that a kennel is about dogs and used like a house. Idea: words that
have the same nouns near them share a domain; words that stand in the same patterns around verbs share a function. Each
is a word-context matrix of positive pointwise mutual information, smoothed by a singular value decomposition, and the
similarities of the two spaces are combined by geometric means: a phrase takes its domain from both of its words and
its function from its head; two pairs of words are analogous if their functions agree side by side.

Turney: Domain and Function: A Dual-Space Model of Semantic Relations and Compositions. JAIR 44, 2012 (1309.4035).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import bag, find_sorted
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.kit.unit import unit_rows
from broadsheet_lab.encoders._contexts import decomposed, domain_counts, function_counts, ppmi, verb_patterns
from broadsheet_lab.encoders._parts import NOUN, PREPOSITION, VERB, Tagged, tagged

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["CARD", "DualSpace", "geo"]

CARD = Card(
    title="Domain and Function: A Dual-Space Model of Semantic Relations and Compositions",
    paper="1309.4035",
    year=2012,
    fidelity="reduced",
    solves="telling what a phrase of two words means, and which pairs of words are alike, from plain text",
    when="single words and pairs of them are to be compared by what they do; to find texts take LSA",
    costs="a minute and a half of one core for 87,366 papers; microseconds a comparison",
    unused="multiplying the contexts of both words, without any spaces, tells phrases better: .61 against .50",
    claims=(
        Claim(
            "noun-modifier questions",
            "papers.parquet, 87,366 papers, two-word phrases and their one-word names, test half",
            "accuracy of 7 choices, dual space over adding vectors (ratio; 58.3 over 50.1 in the paper)",
            1.16,
            ours=True,
        ),
        Claim(
            "noun-modifier questions",
            "papers.parquet, 87,366 papers, two-word phrases and their one-word names, test half",
            "accuracy of 7 choices, dual space over multiplying vectors (ratio; 58.3 over 57.5 in the paper)",
            1.01,
            ours=True,
        ),
        Claim(
            "noun-modifier questions",
            "papers.parquet, 87,366 papers, two-word phrases and their one-word names, test half",
            "accuracy of 14 choices, dual space over multiplying vectors (ratio; 41.5 over 27.4 in the paper)",
            1.51,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, two-word phrases and their one-word names, test half",
            "accuracy of 7 choices, dual space over its domain space alone (ratio)",
            1.0,
            ours=True,
        ),
    ),
    departures=(
        "parts of speech are told by endings, closed classes and company instead of a trained tagger",
        "a pattern is the nearest verb, its side and the preposition next to the word, not all words between",
        "words are stemmed; the corpus is the library, thousands of times smaller than the paper's",
        "questions are made of abbreviations and closed compounds that papers use, instead of WordNet's synonyms",
        "a text is the sum of its words' domain vectors, which the paper does not go into",
    ),
    builds_on=("lsa",),
)

Rows = NDArray[np.int64]  # rows of words in the vocabulary


def geo(*similarities: NDArray[np.float64]) -> NDArray[np.float64]:
    """The geometric mean of aligned similarities (m,); 0 where any is not above 0."""
    stacked = np.stack(similarities)  # (c, m)
    return np.asarray(np.prod(np.maximum(stacked, 0), axis=0) ** (1 / len(stacked)))


class DualSpace(Persistent):
    """Learns for the `vocabulary_` (v,), hashes ascending, the singular vectors of both spaces and their values.

    `dimensions` (k) are kept, each scaled by its singular value to the power `domain_power` or `function_power` (p).
    Domain contexts are the nearest nouns on both sides, up to `window` places away in the sentence; function contexts
    are the `patterns` commonest patterns of the nearest verbs, up to `reach` places away.

    >>> from broadsheet_lab.encoders.dual_space import DualSpace
    >>> texts = 9 * ["The baker bakes bread. The baker sells bread.", "The smith forges iron. The smith sells iron."]
    >>> method = DualSpace(dimensions=4, least=2).fit(texts)
    >>> baker, smith, bread = (method.rows([word]) for word in ("baker", "smith", "bread"))
    >>> bool(method.domain(baker, bread)[0] > method.domain(baker, smith)[0])
    True
    """

    def __init__(
        self,
        *,
        dimensions: int = 300,
        domain_power: float = 0.5,
        function_power: float = 0.5,
        window: int = 7,
        reach: int = 5,
        patterns: int = 30_000,
        vocabulary: int = 15_000,
        least: int = 5,
        seed: int = 0,
    ) -> None:
        self.dimensions = dimensions
        self.domain_power = domain_power
        self.function_power = function_power
        self.window = window
        self.reach = reach
        self.patterns = patterns
        self.vocabulary = vocabulary
        self.least = least  # occurrences a word must have
        self.seed = seed
        self.vocabulary_ = np.empty(0, np.uint64)
        self.idf_ = np.empty(0, np.float32)
        self.domain_, self.function_ = (np.empty((0, dimensions), np.float32) for _ in range(2))
        self.domain_values_, self.function_values_ = (np.empty(dimensions, np.float32) for _ in range(2))

    def fit(self, texts: Sequence[str]) -> DualSpace:
        """Learn from the texts. Raises ValueError if fewer than two words occur often enough."""
        sentences = tagged(texts)
        terms, counts = np.unique(sentences.tokens.terms, return_counts=True)
        often = np.argsort(-counts, kind="stable")
        content = often[(find_sorted(STOP_TERMS, terms[often]) < 0) & (counts[often] >= self.least)][: self.vocabulary]
        if len(content) < 2:
            raise ValueError(f"{len(content)} words occur {self.least} times or more; give more texts or a lower least")
        self.vocabulary_ = terms[np.sort(content)]
        bags = bag(sentences.of_texts(len(texts)))
        frequency = bags.document_frequency()[find_sorted(bags.terms, self.vocabulary_)]
        self.idf_ = np.log1p(len(texts) / frequency).astype(np.float32)
        domain, function = self.counts(sentences)
        self.domain_, self.domain_values_ = decomposed(ppmi(domain), self.dimensions, self.seed)
        self.function_, self.function_values_ = decomposed(ppmi(function), self.dimensions, self.seed)
        return self

    def counts(self, sentences: Tagged) -> tuple[sp.csr_matrix, sp.csr_matrix]:
        """The counts of domain contexts (v, v) and of function contexts (v, patterns)."""
        tokens, tags, size = sentences.tokens, sentences.tags, len(self.vocabulary_)
        rows = find_sorted(self.vocabulary_, tokens.terms)
        domain = domain_counts(rows, tags == NOUN, tokens.bounds, self.window, size)
        found = verb_patterns(tokens.terms, tags == VERB, tags == PREPOSITION, tokens.bounds, self.reach)
        return domain, function_counts(rows, found, size, self.patterns, self.least)

    def rows(self, words: Sequence[str]) -> Rows:
        """The row of each word, -1 if it is unknown or not one word."""
        tokens = tokenize(words)
        found = np.full(len(words), -1, np.int64)
        single = np.diff(tokens.bounds) == 1
        found[single] = find_sorted(self.vocabulary_, tokens.terms[tokens.bounds[:-1][single]])
        return found

    def _cosine(self, space: str, a: Rows, b: Rows) -> NDArray[np.float64]:
        """Of U_k S_k^p, row by row; 0 where a word is unknown."""
        vectors, values, power = (
            (self.domain_, self.domain_values_, self.domain_power)
            if space == "domain"
            else (self.function_, self.function_values_, self.function_power)
        )
        scale = np.maximum(values, 1e-6) ** power
        x, y = vectors[a] * scale, vectors[b] * scale  # (m, k)
        norms = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
        return np.asarray(np.where((a >= 0) & (b >= 0), (x * y).sum(axis=1) / np.maximum(norms, 1e-12), 0), np.float64)

    def domain(self, a: Rows, b: Rows) -> NDArray[np.float64]:
        """sim_d: how far words a and b are about the same, aligned (m,)."""
        return self._cosine("domain", a, b)

    def function(self, a: Rows, b: Rows) -> NDArray[np.float64]:
        """sim_f: how far words a and b do the same, aligned (m,)."""
        return self._cosine("function", a, b)

    def similar(self, a: Rows, b: Rows) -> NDArray[np.float64]:
        """geo(sim_d, sim_f): how far words a and b mean the same, aligned (m,)."""
        return geo(self.domain(a, b), self.function(a, b))

    def composition(self, a: Rows, b: Rows, c: Rows) -> NDArray[np.float64]:
        """How far the phrase "a b" means the word c: geo(sim_d(a, c), sim_d(b, c), sim_f(b, c)).

        0 where c is a or b: a phrase rarely means one of its words.
        """
        found = geo(self.domain(a, c), self.domain(b, c), self.function(b, c))
        return np.where((a == c) | (b == c), 0.0, found)

    def phrases(self, a: Rows, b: Rows, c: Rows, d: Rows) -> NDArray[np.float64]:
        """How far the phrase "a b" means the phrase "c d": both spaces, modifier by modifier and head by head."""
        return geo(self.domain(a, c), self.domain(b, d), self.function(a, c), self.function(b, d))

    def relation(self, a: Rows, b: Rows, c: Rows, d: Rows) -> NDArray[np.float64]:
        """How far a is to b as c is to d: geo(sim_f(a, c), sim_f(b, d)).

        0 where the words crossed over, a with d and c with b, are nearer in domain than each pair within itself.
        """
        within = geo(self.domain(a, b), self.domain(c, d))
        across = geo(self.domain(a, d), self.domain(c, b))
        return np.where(within >= across, geo(self.function(a, c), self.function(b, d)), 0.0)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, k) of unit length: the sum of the words' domain vectors by idf; zeros where no word is known."""
        tokens = tokenize(texts)
        rows = find_sorted(self.vocabulary_, tokens.terms)
        text = np.repeat(np.arange(len(texts)), np.diff(tokens.bounds))[rows >= 0]
        used, places = np.unique(rows[rows >= 0], return_inverse=True)  # a query need not wait for all other words
        scaled = self.domain_[used] * np.maximum(self.domain_values_, 1e-6) ** self.domain_power
        scaled *= (self.idf_[used] / np.maximum(np.linalg.norm(scaled, axis=1), 1e-12))[:, None]
        out = np.zeros((len(texts), scaled.shape[1]), np.float32)
        np.add.at(out, text, scaled[places])
        return unit_rows(out)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, and the powers to scale with."""
        return {
            "vocabulary": self.vocabulary_,
            "idf": self.idf_,
            "powers": np.array([self.domain_power, self.function_power], np.float64),
            "domain": self.domain_,
            "domain_values": self.domain_values_,
            "function": self.function_,
            "function_values": self.function_values_,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> DualSpace:
        """The encoder again. Raises ValueError if the arrays do not fit together."""
        words = len(arrays["vocabulary"])
        for name in ("domain", "function"):
            vectors, values = arrays[name], arrays[f"{name}_values"]
            if vectors.shape != (words, len(values)) or arrays["idf"].shape != (words,):
                raise ValueError(f"{name} of shape {vectors.shape} for {words} words and {len(values)} values")
        method = cls(dimensions=arrays["domain"].shape[1])
        method.domain_power, method.function_power = (float(p) for p in arrays["powers"])
        method.vocabulary_, method.idf_ = arrays["vocabulary"], arrays["idf"]
        method.domain_, method.domain_values_ = arrays["domain"], arrays["domain_values"]
        method.function_, method.function_values_ = arrays["function"], arrays["function_values"]
        return method
