"""Word sets: words are hidden whole and only in the text; what is read is what is drawn from."""

import numpy as np

from broadsheet_lab.encoders._word_sets import WordSets, first_words, hide_words

MASK, FIRST = 4, 4


def pair(words: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """[CLS] 20 [SEP] words of several pieces [SEP]."""
    ids = [2, 20, 3, *(piece for word in words for piece in word), 3]
    return np.array(ids, np.int32), np.array([0, 0, 0] + [1] * (len(ids) - 3), np.int32)


def test_a_word_is_hidden_whole_and_only_in_the_text() -> None:
    words = [[10 + i % 5] + [30 + i % 3] * (i % 3) for i in range(200)]
    row, sides = pair(words)
    continues = np.arange(40) >= 30
    hidden, places = hide_words(row, sides, continues, np.random.default_rng(0), share=0.3, mask=MASK, first=FIRST)
    start, asked = 3, set(places.tolist())
    shares = []
    for word in words:
        inside = [at in asked for at in range(start, start + len(word))]
        assert len(set(inside)) == 1
        shares.append(inside[0])
        start += len(word)
    assert 0.2 < np.mean(shares) < 0.4
    assert hidden[:3].tolist() == row[:3].tolist()
    assert hidden[-1] == 3
    kept = np.setdiff1d(np.arange(len(row)), places)
    np.testing.assert_array_equal(hidden[kept], row[kept])


def test_of_the_hidden_most_are_masked_some_changed_and_some_left() -> None:
    row, sides = pair([[10 + i % 20] for i in range(5000)])
    hidden, places = hide_words(
        row, sides, np.zeros(1000, np.bool_), np.random.default_rng(1), share=0.5, mask=MASK, first=FIRST
    )
    assert abs((hidden[places] == MASK).mean() - 0.8) < 0.03
    assert abs((hidden[places] == row[places]).mean() - 0.1) < 0.03
    assert hidden[places].min() >= FIRST
    assert hidden.max() > 100  # any other piece


def test_nothing_is_hidden_without_a_share_or_a_text() -> None:
    row, sides = pair([[10], [11]])
    for share, side in ((0.0, sides), (1.0, np.zeros_like(sides))):
        hidden, places = hide_words(
            row, side, np.zeros(40, np.bool_), np.random.default_rng(0), share=share, mask=MASK, first=FIRST
        )
        np.testing.assert_array_equal(hidden, row)
        assert not len(places)


def test_a_text_is_cut_to_its_first_words_and_ties_are_left_out() -> None:
    assert first_words(" one  two\nthree four", 3) == "one two three"
    assert first_words("one", 3) == "one"
    sets = np.array([[[0, -1], [1, -1]], [[0, 1], [1, 0]]])
    pairs = WordSets.ordered(np.array([4, 5]), sets, np.array([[-2.0, -1.0], [-3.0, -3.0]]), ("a", "b"))
    assert (pairs.documents.tolist(), pairs.better, pairs.worse) == ([4], ("b",), ("a",))
    assert pairs.scores.tolist() == [[-1, -2]]
