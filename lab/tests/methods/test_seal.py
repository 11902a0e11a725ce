"""SEAL: the FM-index and the constrained search against scans of the text, weights and scores said in plain Python."""

import math
from collections import Counter
from importlib.util import find_spec

import numpy as np
import pytest

from broadsheet.kit.mask import Mask
from broadsheet_lab.retrieval._decoding import Allowed, decoded, forced
from broadsheet_lab.retrieval._fm_index import FIRST_SYMBOL, SEPARATOR, FMIndex
from broadsheet_lab.retrieval._spans import Source, likely_starts, pairs
from broadsheet_lab.retrieval._suffixes import suffix_array
from broadsheet_lab.retrieval.contract import TextSearch
from broadsheet_lab.retrieval.seal import SEAL, Ngram, weight
from broadsheet_lab.training import Plan
from tests.contract.examples import Example


def collection(documents: int = 40, words: int = 5, seed: int = 0) -> list[list[int]]:
    """Documents of 0 to 29 symbols, some twice over, so that long sequences repeat."""
    rng = np.random.default_rng(seed)
    drawn = [(rng.integers(0, words, rng.integers(0, 30)) + FIRST_SYMBOL).tolist() for _ in range(documents - 5)]
    return drawn + drawn[:5]


def indexed(documents: list[list[int]], words: int = 5, rate: int = 4) -> FMIndex:
    bounds = np.cumsum([0, *(len(d) for d in documents)])
    return FMIndex.of(np.array([s for d in documents for s in d], np.int64), bounds, words + FIRST_SYMBOL, rate=rate)


def scanned(documents: list[list[int]], sequence: list[int]) -> list[tuple[int, int]]:
    """(document, place of the last symbol) of every occurrence, by looking everywhere."""
    m = len(sequence)
    return [(d, i + m - 1) for d, doc in enumerate(documents) for i in range(len(doc)) if doc[i : i + m] == sequence]


@pytest.mark.parametrize(("n", "symbols"), [(1, 2), (2, 3), (60, 3), (400, 2), (700, 40)])
def test_suffixes_are_sorted(n: int, symbols: int) -> None:
    text = np.append(np.random.default_rng(n).integers(1, symbols, n), 0).astype(np.int32)
    want = sorted(range(n + 1), key=lambda i: text[i:].tolist())
    assert suffix_array(text, symbols).tolist() == want


@pytest.mark.parametrize("rate", [1, 4, 7])
def test_sequences_are_counted_located_and_continued_as_by_a_scan(rate: int) -> None:
    documents = collection()
    index, rng = indexed(documents, rate=rate), np.random.default_rng(1)
    for _ in range(150):
        sequence = (rng.integers(0, 5, rng.integers(1, 6)) + FIRST_SYMBOL).tolist()
        want = scanned(documents, sequence)
        rows = index.find(sequence)
        assert rows[1] - rows[0] == len(want)
        found, places = index.locate(rows)
        assert sorted(zip(found.tolist(), places.tolist(), strict=True)) == want
        after = Counter(documents[d][i + 1] if i + 1 < len(documents[d]) else SEPARATOR for d, i in want)
        symbols, counts = index.following(rows)
        assert dict(zip(symbols.tolist(), counts.tolist(), strict=True)) == after
        assert symbols.tolist() == sorted(symbols.tolist())


def test_no_sequence_crosses_from_one_document_into_the_next() -> None:
    index = indexed([[2, 3], [4, 5]])
    assert index.find([3, 4]) == (0, 0)
    assert index.following(index.find([3]))[0].tolist() == [SEPARATOR]


def test_the_index_is_smaller_than_twice_the_text_and_comes_back_from_its_arrays() -> None:
    documents = [(np.random.default_rng(i).integers(0, 5000, 200) + FIRST_SYMBOL).tolist() for i in range(300)]
    index = indexed(documents, words=5000)
    assert index.nbytes < 2 * 4 * index.total
    again = FMIndex.from_arrays(index.to_arrays())
    assert again.find(documents[7][:3]) == index.find(documents[7][:3]) != (0, 0)
    with pytest.raises(ValueError, match=r"bits has the shape"):
        FMIndex.from_arrays({**index.to_arrays(), "bits": index.bits[:, :-1]})
    with pytest.raises(ValueError, match="cannot tell 9 symbols apart"):
        FMIndex.from_arrays({**index.to_arrays(), "shift": index.shift[:9]})


def test_symbols_out_of_range_are_named() -> None:
    with pytest.raises(ValueError, match="symbols 1 to 3 are not within 2 to 6"):
        FMIndex.of(np.array([1, 3]), np.array([0, 2]), 7)


def test_the_weight_is_the_log_odds_of_being_asked_for_to_a_power() -> None:
    # P(n) = (15 + 5) / (1995 + 5) = 0.01; odds 1/3 against 1/99
    assert weight(0.25, 15, 1995, alpha=1.0, smoothing=5) == pytest.approx(math.log(99 / 3))
    assert weight(0.25, 15, 1995, alpha=2.0, smoothing=5) == pytest.approx(math.log(99 / 3) ** 2)
    assert weight(0.005, 15, 1995, alpha=2.0, smoothing=5) == 0.0  # rarer in the query than in the library
    assert 0 < weight(1.0, 15, 1995, alpha=2.0, smoothing=5) < math.inf


def bigrams(seed: int, symbols: int = 7) -> np.ndarray:
    """log P(next | last) of an invented model; row 0 is for the start."""
    return np.log(np.random.default_rng(seed).dirichlet(np.full(symbols, 0.5), symbols)).astype(np.float32)


@pytest.mark.parametrize("beams", [1, 4, 30])
def test_the_beam_search_keeps_what_a_scan_of_the_text_allows(beams: int) -> None:
    documents, table = collection(), bigrams(beams)
    index = indexed(documents)
    found = decoded(
        lambda prefixes: table[[p[-1] if p else 0 for p in prefixes]], Allowed(index), beams=beams, longest=4
    )
    want: dict[tuple[int, ...], float] = {}
    beam: dict[tuple[int, ...], float] = {(): 0.0}
    for _ in range(4):
        ways: dict[tuple[int, ...], float] = {}
        for gram, log in beam.items():
            for symbol in range(FIRST_SYMBOL, 7):
                if scanned(documents, [*gram, symbol]):
                    ways[(*gram, symbol)] = log + float(table[(0, *gram)[-1], symbol])
        beam = dict(sorted(ways.items(), key=lambda item: -item[1])[:beams])
        want |= beam
    assert found.keys() == want.keys()
    for gram, (rows, log) in found.items():
        assert log == pytest.approx(want[gram], abs=1e-4)
        assert rows == index.find(gram)


def test_runs_of_the_query_have_the_probabilities_of_the_model() -> None:
    documents, table = collection(), bigrams(1)
    index, sequence = indexed(documents), [3, 4, -1, 3, 3, 6]
    found = forced(lambda prefixes: table[[p[-1] if p else 0 for p in prefixes]], index, sequence, longest=3)
    runs = {tuple(sequence[i:j]) for i in range(6) for j in range(i + 1, min(i + 3, 6) + 1)}
    assert found.keys() == {run for run in runs if -1 not in run and scanned(documents, list(run))}
    for gram, (rows, log) in found.items():
        assert rows == index.find(gram)
        assert log == pytest.approx(sum(table[a, b] for a, b in zip((0, *gram), gram, strict=False)), abs=1e-5)


def test_without_a_decoder_a_sequence_is_as_likely_as_it_is_frequent_in_the_query() -> None:
    method = SEAL(plan=None, smoothing=0.1, alpha=1.0).fit(TEXTS)
    found = {n.symbols: n.weight for n in method.ngrams("sparse attention sparse unheard")}
    sparse, attention = method.symbols("sparse attention")
    total = method.index_.total
    for gram, times in {(sparse,): 2, (attention,): 1, (sparse, attention): 1}.items():
        count = method.index_.find(gram)
        given = times / 4
        assert found[gram] == pytest.approx(weight(given, count[1] - count[0], total, alpha=1.0, smoothing=0.1))


def test_spans_are_as_likely_as_they_are_like_the_query() -> None:
    document, query = np.array([2, 3, 4, 3, 5, 6, 2]), np.array([3, 4, 9, 3])
    found = likely_starts(query, document, 3, (5, 6))
    held = [len({3, 4} & set(document[i : i + 3].tolist())) for i in range(5)]
    powers = [math.exp(h) if i + 3 <= 5 or i >= 6 else 0.0 for i, h in enumerate(held)]
    assert found == pytest.approx(np.array(powers) / sum(powers))
    assert likely_starts(query, document[:2], 3, (0, 0)).tolist() == [1.0]
    assert not likely_starts(query, document, 3, (0, 7)).any()


def test_a_source_is_paired_with_a_span_of_its_own_document_outside_of_itself() -> None:
    symbols, bounds = np.array([2, 3, 4, 5, 2, 3, 6, 7, 8]), np.array([0, 6, 9])
    sources = [Source(np.array([2, 3]), 0, 0), Source(np.array([9]), 1), Source(np.array([6, 7, 8]), 1, 0)]
    rng = np.random.default_rng(0)
    drawn = [pairs(sources, symbols, bounds, rng, length=2) for _ in range(40)]
    assert {len(found) for found in drawn} == {2}  # the third leaves nothing of its document
    first = {tuple(found[0][1].tolist()) for found in drawn}
    assert first == {(4, 5), (5, 2), (2, 3)}
    likeliest = max(first, key=lambda span: sum(tuple(found[0][1].tolist()) == span for found in drawn))
    assert likeliest == (2, 3)
    ignoring = pairs(sources[:1], symbols, bounds, rng, length=2, ignored=np.array([2, 3]))
    assert ignoring[0][0].tolist() == [2, 3]  # the query itself is whole


def said_plainly(document: list[int], ngrams: list[tuple[tuple[int, ...], float]], beta: float) -> float:
    """Equation 3: n-grams heaviest first; one whose every occurrence overlaps one already used is passed over."""
    taken: set[int] = set()
    covered: set[int] = set()
    score = 0.0
    for gram, w in ngrams:
        at = [i for i in range(len(document)) if tuple(document[i : i + len(gram)]) == gram]
        if all(taken & set(range(i, i + len(gram))) for i in at):
            continue
        score += w * (1 - beta + beta * len(set(gram) - covered) / len(set(gram)))
        covered |= set(gram)
        taken |= {j for i in at for j in range(i, i + len(gram))}
    return score


@pytest.mark.parametrize("beta", [0.0, 0.8, 1.0])
def test_the_intersective_score_is_the_papers(beta: float) -> None:
    rng = np.random.default_rng(3)
    documents = collection(words=4)
    method = SEAL(plan=None, beta=beta)
    method.index_, method.vocabulary_ = indexed(documents, words=4), np.arange(4, dtype=np.uint64)
    for _ in range(20):
        grams = {tuple((rng.integers(0, 4, rng.integers(1, 4)) + FIRST_SYMBOL).tolist()) for _ in range(8)}
        weighed = sorted(((g, float(rng.random()) + 0.1) for g in sorted(grams)), key=lambda pair: -pair[1])
        scores = method.score([Ngram(g, method.index_.find(g), w) for g, w in weighed], np.arange(len(documents)))
        want = [said_plainly(d, weighed, beta) for d in documents]
        np.testing.assert_allclose(scores, want, rtol=1e-5)
        assert max(want) > 0


TEXTS = [
    "Sparse attention for long documents",
    "Long walks and attention to sparse forests",
    "Graph networks for molecules",
    "Attention, sparse in name; documents long in words",
    "",
]


def test_words_in_order_beat_the_same_words_apart() -> None:
    hits = SEAL(plan=None, smoothing=0.1).fit(TEXTS).search("sparse attention for long documents", 5)
    assert hits.ids[0] == 0
    assert set(hits.ids.tolist()) == {0, 1, 2, 3}
    assert hits.scores[0] > 2 * hits.scores[1]


def test_phrases_are_counted_and_explained() -> None:
    method = SEAL(plan=None, smoothing=0.1).fit(TEXTS)
    assert [method.count(p) for p in ("sparse attention", "attention", "attention graph", "unheard")] == [1, 3, 0, 0]
    found = method.ngrams("sparse attention unheard")
    assert {(len(n.symbols), n.count) for n in found} >= {(2, 1)}
    assert all(len(n.symbols) < 3 for n in found)  # no sequence runs over an unknown word


def test_filters_empty_queries_and_empty_libraries() -> None:
    method = SEAL(plan=None, smoothing=0.1).fit(TEXTS)
    assert 0 not in method.search("sparse attention", 5, Mask.of_rows(np.array([1, 3]), 5)).ids
    assert len(method.search("", 5)) == len(method.search("zebra", 5)) == len(method.search("sparse", 0)) == 0
    assert len(SEAL(plan=None, smoothing=0.1).fit([]).search("sparse", 5)) == 0
    assert len(method.search("sparse attention " * 3000, 5)) > 0


def test_common_words_alone_still_find_something() -> None:
    assert SEAL(plan=None, smoothing=0.1, most_occurrences=0).fit(TEXTS).search("graph", 5).ids.tolist() == [2]


def test_arrays_there_and_back_and_a_second_fit() -> None:
    method = SEAL(plan=None, smoothing=0.1).fit(TEXTS)
    again = SEAL.from_arrays(method.to_arrays())
    assert again.search("sparse attention", 3).scores.tolist() == method.search("sparse attention", 3).scores.tolist()
    with pytest.raises(ValueError, match="3 words for"):
        SEAL.from_arrays({**method.to_arrays(), "vocabulary": method.vocabulary_[:3]})
    assert method.fit(["only this"]).count("sparse") == 0


def _answer(method: SEAL, _: tuple[str, ...]) -> tuple[object, int]:
    return method.search("sparse attention", 3), method.count("sparse attention")


EXAMPLES = {
    "without a decoder": Example(
        make=lambda texts: SEAL(plan=None, smoothing=0.1).fit(texts),
        answer=_answer,
        inputs=(tuple(TEXTS),),
        keeps=(TextSearch,),
    )
}
if find_spec("torch"):
    EXAMPLES["with a decoder"] = Example(
        make=lambda texts: SEAL(longest=3, smoothing=0.1, hidden=16, plan=Plan(3, 8, 1e-2)).fit(texts, [(texts[0], 2)]),
        answer=_answer,
        inputs=(tuple(TEXTS),),
        keeps=(TextSearch,),
    )
