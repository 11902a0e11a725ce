"""WordPiece: BERT's rules for text, the longest pieces first, and any text has an end."""

from __future__ import annotations

import pytest

from broadsheet.kit.wordpiece import UNK, WordPiece

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
PIECES: tuple[str, ...] = (
    *SPECIAL,
    "un",
    "unaff",
    "##aff",
    "##able",
    "##ord",
    "aff",
    "a",
    "##b",
    "é",
    "e",
    "cafe",
    ",",
    "-",
    "船",
    "##船",
    "[",
    "]",
)
PIECES += ("sep", "i", "##i", "σ", "##σ", "ss", "straße", "$", "x", "##1", "^")


def pieces(text: str, most: int = 50) -> list[str]:
    words = WordPiece(PIECES)
    first = [words.pieces[i] for i in words.ids(text, most)]
    assert [words.pieces[i] for i in words.ids(text, most)] == first  # from the cache
    return first


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("unaffable", ["unaff", "##able"]),
        ("un affable", ["un", "aff", "##able"]),
        ("unaffxable zzz", ["[UNK]", "[UNK]"]),  # "##x…" has no piece: the whole word is unknown
        ("CAFÉ, cafe\u0301", ["cafe", ",", "cafe"]),
        ("aff-able", ["aff", "-", "[UNK]"]),
        ("a\u200bb a\x00b a\x1fb", ["a", "##b"] * 3),  # format and control characters join what they stand between
        ("a\u00a0a\u3000a\u2028a\ta\r\na", ["a"] * 6),
        ("a船船a", ["a", "船", "船", "a"]),
        ("[SEP] [CLS]", ["[", "sep", "]", "[", "[UNK]", "]"]),
        ("İ", ["i"]),
        ("ΣΣ", ["σ", "##σ"]),  # no other form at the end of a word
        ("Straße", ["straße"]),
        ("$x^x", ["$", "x", "^", "x"]),
        ("\ud800a\udfff \ufffda", ["a", "a"]),
        ("", []),
        (" \n\x00\u0301", []),
        ("a" * 101, ["[UNK]"]),
    ],
)
def test_texts_become_pieces(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_a_text_of_a_megabyte_is_cut_before_it_is_read() -> None:
    words = WordPiece(PIECES)
    assert words.ids("a " * 500_000, 7) == [PIECES.index("a")] * 7
    assert words.ids("x" * 1_000_000, 7) == [UNK]
    assert words.ids("\u0301" * 1_000_000 + " a", 7) == []
    assert words.ids("unaffable", 1) == [PIECES.index("unaff")]


def test_words_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broadsheet.kit.wordpiece._MOST_CACHED", 3)
    words = WordPiece(PIECES)
    for text in ("un", "a", "e", "cafe", "aff"):
        words.ids(text, 9)
    assert set(words._cache) == {"cafe", "aff"}


@pytest.mark.parametrize("wrong", [(), SPECIAL[:3], ("[CLS]", *SPECIAL), (*SPECIAL, "a", "a")])
def test_what_is_no_vocabulary_is_refused(wrong: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="a vocabulary begins with"):
        WordPiece(wrong)
