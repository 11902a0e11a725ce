"""LSA: latent semantic analysis, the library's own encoder, fitted in seconds.

Problem: find papers that say the same thing in other words, with no model to download. Idea: weigh terms by rarity,
and keep the few hundred directions in which documents vary most (a truncated singular value decomposition of the
document-term matrix); words that occur in the same company end up near each other. The decomposition is computed by
random projection and subspace iteration on a sample of the documents.

Deerwester, Dumais, Furnas, Landauer, Harshman: Indexing by Latent Semantic Analysis. JASIS 41(6), 1990; Halko,
Martinsson, Tropp: Finding Structure with Randomness. SIAM Review 53(2), 2011, algorithms 4.4 and 5.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags, bag, find_sorted
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.text import STOP_TERMS, Tokens, tokenize
from broadsheet_lab.kit.jit import jit

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["CARD", "LSA", "right_singular_vectors"]

CARD = Card(
    title="Indexing by Latent Semantic Analysis",
    paper="10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9",
    year=1990,
    fidelity="faithful",
    solves="vectors for texts, fitted on the library itself, without a model to download",
    when=(
        "Choose it for a collection in any language or field that no pretrained encoder knows, where a minute of "
        "fitting is all there is; on papers in English, static and MiniLM find more."
    ),
    costs=(
        "Some seconds of fitting on 20,000 texts; vectors of 256 dimensions for 87,366 papers in 19 seconds on one "
        "core."
    ),
    unused=(
        "the static encoder that ships finds more on every kind of query: MRR@10 0.77 against 0.66 by one-sentence "
        "summaries, 0.70 against 0.48 by titles, 0.37 against 0.20 by sentences."
    ),
    claims=(
        Claim(
            "ours", "papers.parquet, 87,366 papers, tldr queries, test half", "MRR@10 by cosine alone", 0.62, ours=True
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, tldr queries, test half",
            "MRR@10 over a random projection to as many dimensions (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, authors as readers, test half",
            "recall@100 of later papers by the mean vector, over a random projection to as many dimensions (ratio)",
            1.1,
            ours=True,
        ),
    ),
    departures=(
        "terms are weighed log(1 + tf) * idf instead of by entropy",
        "documents are folded in as the weighted sum of their terms' right singular vectors, for old and new alike",
    ),
)


_FEWEST = 8  # directions, however small the library
_TEXTS_A_DIRECTION = 4  # with as many directions as texts each text would be near to itself alone


@jit
def _folded_in(
    indptr: NDArray[np.int64],
    columns: NDArray[np.int64],
    values: NDArray[np.float32],
    components: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """out[i] = the weighted sum of the components of row i, scaled to unit length; zeros stay zeros."""
    for i in range(len(indptr) - 1):
        for t in range(indptr[i], indptr[i + 1]):
            value = values[t]
            component = components[columns[t]]
            for j in range(out.shape[1]):
                out[i, j] += value * component[j]
        norm = np.float32(0)
        for j in range(out.shape[1]):
            norm += out[i, j] * out[i, j]
        if norm > 0:
            scale = np.float32(1) / np.sqrt(norm)
            for j in range(out.shape[1]):
                out[i, j] *= scale


def right_singular_vectors(
    matrix: sp.csr_matrix, k: int, *, seed: int, oversampling: int = 16, iterations: int = 2
) -> NDArray[np.float32]:
    """The k leading right singular vectors of matrix (n, v), as columns (v, k), by randomised subspace iteration."""
    n, v = matrix.shape
    width = min(k + oversampling, n, v)
    basis = np.random.default_rng(seed).standard_normal((v, width)).astype(np.float32)
    transposed = matrix.T.tocsr()
    for _ in range(iterations):  # Y = (A' A) Omega, orthonormalised each time, so that small directions survive
        basis = np.linalg.qr(transposed @ (matrix @ basis))[0]
    projected = matrix @ basis  # (n, width); its right singular vectors turn the basis into A's
    values, turn = np.linalg.eigh((projected.T @ projected).astype(np.float64))
    return np.asarray(basis @ turn[:, np.argsort(-values)[:k]], np.float32)


class LSA(Persistent):
    """Fits `components_` (v, d) and `idf_` (v,) for the terms `vocabulary_` (v,), hashes ascending.

    >>> from broadsheet_lab.encoders.lsa import LSA
    >>> texts = ["rye bread and an oven", "bread of rye flour", "a sail and a mast", "the mast of a ship"] * 3
    >>> encoder = LSA(dimensions=2).fit(texts)
    >>> x = encoder.encode(["bread in an oven", "rye bread", "a ship under sail"])
    >>> x.shape, bool(x[0] @ x[1] > x[0] @ x[2])
    ((3, 2), True)
    >>> encoder.save("words.bin")
    >>> LSA.load("words.bin").encode(["rye bread"]).tolist() == encoder.encode(["rye bread"]).tolist()
    True
    """

    def __init__(
        self, *, dimensions: int = 256, vocabulary: int = 40_000, sample: int = 20_000, least: int = 2, seed: int = 0
    ) -> None:
        self.dimensions = dimensions
        self.vocabulary = vocabulary
        self.sample = sample
        self.least = least  # documents a term must occur in
        self.seed = seed
        self.vocabulary_ = np.empty(0, np.uint64)
        self.idf_ = np.empty(0, np.float32)
        self.components_ = np.empty((0, dimensions), np.float32)

    def fit(self, texts: Sequence[str]) -> LSA:
        """Learn from at most `sample` of the texts, drawn by the seed."""
        from scipy.sparse import csr_matrix  # costs a tenth of a second that no query should pay

        rng = np.random.default_rng(self.seed)
        drawn = sorted(rng.choice(len(texts), self.sample, replace=False)) if len(texts) > self.sample else None
        bags = bag(tokenize(texts if drawn is None else [texts[i] for i in drawn]), skip=STOP_TERMS)
        frequency = bags.document_frequency()
        known = np.flatnonzero(frequency >= min(self.least, max(1, len(bags) // 2)))
        if len(known) > self.vocabulary:
            known = np.sort(known[np.argsort(-frequency[known], kind="stable")[: self.vocabulary]])
        self.vocabulary_ = bags.terms[known]
        self.idf_ = np.log1p((len(bags) + 1) / (frequency[known] + 0.5)).astype(np.float32)
        self.components_ = np.zeros((len(known), self.dimensions), np.float32)
        if len(known):
            indptr, columns, values = self._weighted(bags)
            matrix = csr_matrix((values, columns, indptr), shape=(len(bags), len(known)))
            directions = min(self.dimensions, max(_FEWEST, len(bags) // _TEXTS_A_DIRECTION))
            found = right_singular_vectors(matrix, directions, seed=self.seed)
            self.components_[:, : found.shape[1]] = found
        return self

    def _weighted(self, bags: Bags) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Rows of log(1 + tf) * idf over the vocabulary, of unit length: (indptr, columns, values) of a CSR matrix."""
        at = find_sorted(self.vocabulary_, bags.terms)[bags.columns]
        kept = at >= 0
        indptr = np.concatenate([[0], np.cumsum(kept)])[bags.indptr]
        columns = at[kept]
        values = np.log1p(bags.counts[kept]) * self.idf_[columns]
        squares = np.concatenate([[0.0], np.cumsum(values.astype(np.float64) ** 2)])
        norms = np.sqrt(np.maximum(squares[indptr[1:]] - squares[indptr[:-1]], 1e-30))
        return indptr, columns, (values / np.repeat(norms, np.diff(indptr))).astype(np.float32)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, d) of unit length; zeros where no word of a text is known."""
        return self.encode_tokens(tokenize(texts))

    def encode_tokens(self, tokens: Tokens) -> NDArray[np.float32]:
        """As `encode`, for texts already tokenised and stemmed."""
        out = np.zeros((len(tokens), self.dimensions), np.float32)
        _folded_in(*self._weighted(bag(tokens, skip=STOP_TERMS)), self.components_, out)
        return out

    def contributions(self, terms: NDArray[np.uint64], direction: NDArray[np.float32]) -> NDArray[np.float32]:
        """idf times the inner product of the term's component with `direction` (d,), one a term; 0 if unknown."""
        at = find_sorted(self.vocabulary_, terms)
        values = np.zeros(len(terms), np.float32)
        known = at >= 0
        values[known] = (self.components_[at[known]] @ direction) * self.idf_[at[known]]
        return values

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""
        return {"vocabulary": self.vocabulary_, "idf": self.idf_, "components": self.components_}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> LSA:
        """The encoder again. Raises ValueError if the arrays do not fit together."""
        components = arrays["components"]
        if (
            components.ndim != 2
            or len(components) != len(arrays["vocabulary"])
            or len(components) != len(arrays["idf"])
        ):
            raise ValueError("vocabulary, idf and components differ in length")
        encoder = cls(dimensions=components.shape[1])
        encoder.vocabulary_, encoder.idf_ = arrays["vocabulary"], arrays["idf"]
        encoder.components_ = components
        return encoder
