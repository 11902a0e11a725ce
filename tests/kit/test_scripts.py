"""Text in every script is folded to what people type, and its words stand where they are shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.text import as_typed, fold, spans, tokenize


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ørsted Łódź İstanbul ıssız ŞIŞLI", "orsted lodz istanbul issiz sisli"),
        ("Straße STRASSE ẞ", "strasse strasse ss"),
        ("Þórr Æsir Œuvre đại học Việt Nam", "thorr aesir oeuvre dai hoc viet nam"),
        ("Ελλάδα ΕΛΛΆΣ σοφός ΣΟΦΌΣ", "ελλαδα ελλασ σοφοσ σοφοσ"),
        ("α-synuclein, TGF-β1, Δx", "alpha synuclein tgf beta1 deltax"),
        ("Ёжик Йод", "ежик иод"),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد العَرَبِيَّة كـتـاب", "محمد العربية كتاب"),
        ("١٢٣ ૪૫ 𝟗", "123 45 9"),
        ("हिन्दी भाषा", "हिन्दी भाषा"),
        ("ภาษา", "ภ า ษ า"),
        ("東京タワー", "東 京 タ ワ ー"),
        ("ﾃﾚﾋﾞ テレビ", "テ レ ビ テ レ ビ"),
        ("한국어를", "한국 국어 어를"),
        ("深度学习 GPT-4模型", "深 度 学 习 gpt 4 模 型"),
        ("ﬁnite ﬀ", "finite ff"),
        ("x² y₂ ①", "x2 y2 1"),
        ("cole\u0301 cafe\u0301", "cole cafe"),
        ("O’Neill ‘x’ “y”", "o neill x y"),
        ("naïve—Bayes a–b", "naive bayes a b"),
        ("ＡＢＣ１２３", "abc123"),
        ("𝐀𝒷ℝ ℓ", "abr l"),
        ("zero\u200bwidth soft\u00adhyphen", "zerowidth softhyphen"),
        ("snake_case 3.14 U.S.A.", "snake case 3 14 u s a"),
        ("ⅫⅣ", "xiiiv"),
        ("ʻOkina ʿayn", "okina ayn"),
        ("ǆ ǅ", "dz dz"),
        ("emoji™ 🙂", "emoji"),
        ("C++ C# F* .NET", "cplusplus csharp fstar dotnet"),
        ("CO$_2$ H_2O x<sub>2</sub>", "co2 h2o x2"),
        (r"$\mathcal{O}(n \log n)$", "o n log n"),
        (r"Schr\"odinger G{\"o}del \'etude", "schrodinger godel etude"),
        ("", ""),
        (" \n\t…!? ", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded
    assert [word for _, _, word in spans(text)] == folded.split()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Über α-Helix", ["Über", "α", "Helix"]),
        ("CO$_2$ rises", ["CO$_2", "rises"]),
        ("한국어", ["한국", "국어"]),
        ("東京", ["東", "京"]),
        ("cafe\u0301 au", ["cafe\u0301", "au"]),
        ("the C++ way", ["the", "C++", "way"]),
    ],
)
def test_where_words_stand_in_the_text_as_shown(text: str, shown: list[str]) -> None:
    places = spans(text)
    assert [text[start:stop] for start, stop, _ in places] == shown
    assert [as_typed(text, start, stop) for start, stop, _ in places] == [word for _, _, word in places]


_MIXED = st.text(
    st.sampled_from("aZé ßøŁ漢字かﾊﾟ한국어αΣωЯйשלاءमनภ12²½-_.,$\\{}+#*<>/\u0301\u200d\u00ad🙂"), max_size=40
)


@given(_MIXED)
def test_folding_twice_and_composing_first_change_nothing(text: str) -> None:
    folded = fold(text)
    assert folded == folded.lower()
    assert folded == folded.strip()
    plain = unicodedata.normalize("NFC", text)
    if not set(text) & set("$\\{}+#*<>_^.\u0301\u200d\u00ad"):
        assert fold(plain) == folded
        assert fold(unicodedata.normalize("NFD", plain)) == folded


@given(st.lists(_MIXED, max_size=4))
def test_every_span_is_a_token_and_in_order(texts: list[str]) -> None:
    tokens = tokenize(texts, stemmed=False)
    for text, size in zip(texts, (tokens.bounds[1:] - tokens.bounds[:-1]).tolist(), strict=True):
        places = spans(text)
        assert len(places) == size
        assert [start for start, _, _ in places] == sorted(start for start, _, _ in places)
