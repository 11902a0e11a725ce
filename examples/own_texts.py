"""BM25 and a vector index on texts that are no papers: the rooms below the library, used by themselves.

python examples/own_texts.py prints

    words     1 a leather case for a telephone
    meaning   1 a search engine for legal documents
    together  1 a leather case for a telephone
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.inverted import Inverted, PostingBlock, SparseQuery
from broadsheet.indexes.scan import CodeBlock, Scan
from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.pipeline.pretrained import ENCODER, read_encoder
from broadsheet.retrieval.bm25 import BM25
from broadsheet.retrieval.convex_fusion import ConvexFusion

TEXTS = (
    "a search engine for legal documents",
    "a recommender system for online news",
    "a leather case for a telephone",
    "a model of speech in noisy rooms",
)
QUERY = "finding case law"


def inverted_index(weighting: BM25) -> Inverted:
    """The texts as postings with their BM25 weights; fits `weighting` to their lengths."""
    bags = bag(tokenize(TEXTS), skip=STOP_TERMS)
    lengths = bags.totals()
    weights = weighting.fit(lengths).document(bags, lengths)
    return Inverted((PostingBlock.of(bags.terms, bags.indptr, bags.columns, weights, ceiling=weighting.ceiling),))


def word_scores(index: Inverted, weighting: BM25) -> NDArray[np.float32]:
    """The BM25 score of every text for the query, (n,)."""
    query = bag(tokenize([QUERY]), skip=STOP_TERMS)
    weights = weighting.query(query.counts, index.frequencies(query.terms), len(index))
    return index.scores(SparseQuery(query.terms, weights))


def main() -> None:
    """Rank the texts by words, by meaning, and by both."""
    weighting = BM25()
    lexical = word_scores(inverted_index(weighting), weighting)  # (n,)

    encoder = read_encoder(ENCODER)
    dense = Scan((CodeBlock.of(encoder.encode(TEXTS)),))
    vector = encoder.encode([QUERY])[0]  # (d,)
    nearest = dense.search(vector, k=1)
    semantic = dense.score(vector, np.arange(len(TEXTS)))  # (n,)

    fused = ConvexFusion(semantic=0.5).fuse(lexical, semantic)
    print("words     1", TEXTS[int(lexical.argmax())])
    print("meaning   1", TEXTS[int(nearest.ids[0])])
    print("together  1", TEXTS[int(fused.argmax())])


if __name__ == "__main__":
    main()
