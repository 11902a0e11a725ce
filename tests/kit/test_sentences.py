"""Where sentences start and stop."""

import pytest

from broadsheet.kit.sentences import sentences


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We stop. Then we go! Why? 12 did.", ["We stop.", "Then we go!", "Why?", "12 did."]),
        ("It is 3.5 times as fast (see Fig. 3), e.g. Adam et al. The rest waits.", None),
        (
            'He said "no." (It was.) $x$ holds. \\emph{This} too.',
            ['He said "no."', "(It was.)", "$x$ holds.", "\\emph{This} too."],
        ),
        ("so it goes. and on. no capital here", ["so it goes. and on. no capital here"]),
        ("一句话。两句话！", ["一句话。", "两句话！"]),
        ("  One.\n\n Two.  ", ["  One.", "Two.  "]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_sentences(text: str, found: list[str] | None) -> None:
    parts = [text[a:b] for a, b in sentences(text)]
    assert parts == (found if found is not None else [text])


def test_what_is_longer_than_any_abstract_is_cut() -> None:
    assert len(sentences("Word here. " * 500)) == 64
    assert sentences("x" * 1_000_000) == [(0, 20_000)]
    assert max(b for _, b in sentences("Word here. " * 100_000)) == 20_000
