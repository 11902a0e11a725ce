"""Whole words against a dictionary, matching against a join."""

import numpy as np

from broadsheet.kit.text import stem, term
from broadsheet_lab.encoders._matching import Encoded, matched, matches
from broadsheet_lab.encoders._whole_words import Words, whole_words

PIECES = ["[UNK]", "sort", "##ing", "##s", "graph", "the", ",", "é", "tree", "##tree", "[CLS]", "[SEP]"]
WORD = {name: term(stem(name)) for name in ("sorting", "graphs", "tree", "s", "e", "the", "graph")}


def ids(*spelt: str) -> np.ndarray:
    return np.array([PIECES.index(p) for p in spelt], np.int32)


def test_pieces_are_joined_into_stems() -> None:
    tokens = ids("sort", "##ing", ",", "graph", "##s", "[UNK]", "tree", "##s", "é")
    stems, spelling = whole_words(tokens, np.array([0, 7, 9]), PIECES)
    expected = [WORD["sorting"]] * 2 + [0] + [WORD["graphs"]] * 2 + [0, WORD["tree"], WORD["s"], WORD["e"]]
    assert stems.tolist() == expected  # "##s" opens the second text: it is no part of "tree"
    assert spelling == {WORD[name]: name for name in ("sorting", "graphs", "tree", "s", "e")}
    assert WORD["sorting"] == term(stem("sort"))


def test_a_text_has_a_slot_for_every_distinct_stem_or_for_every_token() -> None:
    tokens = ids("[CLS]", "sort", "##ing", "the", "tree", ",", "sort", "[SEP]", "[CLS]", "[SEP]")
    bounds = np.array([0, 8, 10])
    words = Words.of(tokens, bounds, PIECES)
    order = sorted({WORD["sorting"], WORD["the"], WORD["tree"]})
    assert words.stems.tolist() == order
    assert words.bounds.tolist() == [0, 3, 3]
    at = {stem: i for i, stem in enumerate(order)}
    sorting, the, tree = at[WORD["sorting"]], at[WORD["the"]], at[WORD["tree"]]
    assert words.slots.tolist() == [-1, sorting, sorting, the, tree, -1, sorting, -1, -1, -1]
    every = Words.of(tokens, bounds, PIECES, whole=False)
    assert every.slots.tolist() == [-1, 0, 1, 2, 3, -1, 4, -1, -1, -1]
    assert every.stems.tolist() == [WORD[w] for w in ("sorting", "sorting", "the", "tree", "sorting")]


def encoded(words: list[list[str]], seed: int, d: int = 3) -> Encoded:
    flat = np.array([WORD[w] for row in words for w in row], np.uint64)
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((len(flat), d)).astype(np.float32)
    bounds = np.cumsum([0, *map(len, words)])
    whole = rng.standard_normal((len(words), 2)).astype(np.float32)
    return Encoded(whole, vectors, flat, bounds, {WORD[w]: w for w in WORD})


def test_a_score_is_the_sum_of_the_greatest_products_of_words_that_may_match() -> None:
    query, documents = encoded([["the", "graph", "s"]], 0), encoded([["graph", "tree"], [], ["the", "graph", "e"]], 1)
    for exact in (False, True):
        scores, at = np.empty((1, 3), np.float32), np.empty((3, 3), np.int64)
        told = query.words if exact else query.words[:0]
        kept = documents.vectors, documents.words, documents.bounds
        matched(query.vectors, told, query.bounds, *kept, np.arange(3), scores, at)
        for i in range(3):
            one = documents.one(i)
            total, pairs = 0.0, 0
            for q, word in zip(query.vectors, query.words, strict=True):
                may = [float(q @ v) for v, w in zip(one.vectors, one.words, strict=True) if not exact or w == word]
                total, pairs = total + max(may, default=0.0), pairs + bool(may)
            assert np.isclose(scores[0, i], total, rtol=1e-5)
            found = matches(query, one, share=0.5, exact=exact)
            assert len(found) == pairs
            assert np.isclose(sum(m.score for m in found), 0.5 * total, rtol=1e-5)
            assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)
            assert not exact or all(m.query == m.document for m in found)
