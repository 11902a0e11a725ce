"""Markdown of strangers: whatever it says, what comes out is well-formed, allowed, and does nothing."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.community.comments import MENTION
from broadsheet.web.markdown import as_html
from tests.web.markdown_judge import NAMES, SCRIPTS, Judge, html

LINK = ' rel="nofollow ugc noopener noreferrer external">'


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("a *b* **c** ~~d~~ `e`", "<p>a <em>b</em> <strong>c</strong> <s>d</s> <code>e</code></p>"),
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("# Loud\n\n***", "<p><strong>Loud</strong></p><hr>"),
        ("- a\n- b\n  1. c", "<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>"),
        ("3. a", '<ol start="3"><li>a</li></ol>'),
        ("> a\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"),
        ("```py\n<b> $x$\n```", "<pre><code>&lt;b&gt; $x$\n</code></pre>"),
        ("[a *b*](https://e.org/?x=1&y=2)", f'<p><a href="https://e.org/?x=1&amp;y=2"{LINK}a <em>b</em></a></p>'),
        ("[a](http://user:pass@e.org)", f'<p><a href="http://e.org"{LINK}a</a></p>'),
        ("![a](https://e.org/x.png)", f'<p>!<a href="https://e.org/x.png"{LINK}a</a></p>'),
        ("<https://e.org> https://e.org", "<p>&lt;https://e.org&gt; https://e.org</p>"),
        ("[x]: https://e.org\n\n[x]", "<p>[x]: https://e.org</p><p>[x]</p>"),
        (
            "@ada @Bo @cy a@ada",
            '<p><strong class="mention">@ada</strong> <strong class="mention">@Bo</strong> @cy a@ada</p>',
        ),
        ("`@ada`", "<p><code>@ada</code></p>"),
    ],
)
def test_what_people_write(text: str, out: str) -> None:
    assert html(text) == out


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("$x$", '<p><math display="inline"><mrow><mi>x</mi></mrow></math></p>'),
        ("$a_b*c*d_e$", None),
        ("$$\nx\n+ y\n- z\n$$", None),
        ("- $$\n  x\n  $$", None),
        ("> $$x$$", None),
        ("$\\frac{a}{b}$ and $$\\int_0^1$$ in **one $z$**", None),
    ],
)
def test_formulas_are_mathml_and_no_markdown(text: str, out: str | None) -> None:
    made = html(text)
    assert "<math" in made
    assert "<em>" not in made
    assert "$" not in made
    if out:
        assert made == out


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("it costs $5 and that one $10", "<p>it costs $5 and that one $10</p>"),
        ("`$` and `$`", "<p><code>$</code> and <code>$</code></p>"),
        (r"\$x\$", "<p>$x$</p>"),
        ("$$", "<p>$$</p>"),
        (r"$\def\x{y}\x$", r'<p><code class="tex">$\def\x{y}\x$</code></p>'),
        ("$" + "x" * 1001 + "$", "<p>$" + "x" * 1001 + "$</p>"),
        ("$$\nx\n\n$$ y", "<p>$$<br>x</p><p>$$ y</p>"),
    ],
)
def test_what_is_no_formula(text: str, out: str) -> None:
    assert html(text) == out


def test_only_so_many_formulas_are_converted() -> None:
    made = html(" ".join(f"$x_{{{n}}}$" for n in range(400)))
    assert 0 < made.count("<math") < 300
    assert '<code class="tex">$x_{399}$</code>' in made


@pytest.mark.parametrize("text", SCRIPTS)
@pytest.mark.parametrize("around", ["{}", "**{}**", "> {}", "- {}", "# {}", "[{}](https://e.org)", "a\n{}\nb"])
def test_nothing_runs_and_nothing_is_loaded(text: str, around: str) -> None:
    made = html(around.format(text))
    assert not re.search(r"<[^>]*(?:javascript|vbscript|data|evil)[:.]", made, re.IGNORECASE)


PIECES = st.sampled_from(
    [
        *SCRIPTS, "*", "**", "_", "`", "```\n", "~~", "~~~\n", "[", "]", "(", ")", "![", "](", "<", ">", "> ", "- ",
        "1. ",
        "# ", "\n", "\n\n", "    ", "\t", "\\", "$", "$$", "$$\n", "&amp;", "&#0;", "&#x110000;", "&", "@ada", "@",
        "---\n",
        "===\n", "|", "https://", "javascript:", '"', "'", "\\begin{align}", "\\end{align}", "\\frac{", "}", "{",
        "^", "é",
        "\u202e", "\x00", "😀", "[x]: /y\n", "<!--", "-->", "]]>", "</p>", "</div>", "\r", "\x0b", "\x85",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=8), max_size=60).map("".join))
def test_whatever_is_written_the_page_stays_whole(text: str) -> None:
    html(text)


@given(st.text(alphabet="[]()<>*_`~!#-+=|\\$&@ \n\t>1.ax", max_size=400))
def test_signs_alone_make_nothing_bad_either(text: str) -> None:
    html(text)


@given(st.text(max_size=200))
def test_no_word_is_lost(text: str) -> None:
    letters = re.compile("[a-zA-Z]+")
    words = letters.findall(re.sub(r"&#?\w+;", "", text))
    said = Judge(str(as_html(" ".join(words)))).text
    assert letters.findall(said) == words


N = 10_000
HOSTILE = {
    "brackets": "[" * N,
    "images": "![" * N,
    "links": "[a](" * N,
    "open links": "[a](<b" * N,
    "stars": "*a " * N,
    "stars and lines": "_a *b " * N,
    "ticks": "".join("`" * n + "a" for n in range(1, 140)),
    "quotes": ">" * N,
    "lists": "- " * N,
    "numbers": "1. " * N,
    "lines": "a\n" * N,
    "empty lines": "\n" * N,
    "items": "- a\n" * N,
    "pairs": "[" * (N // 2) + "a" + "]" * (N // 2),
    "nested": "".join("  " * n + "- a\n" for n in range(90)),
    "deep lines": "".join("> " * (n % 40) + "a\n" for n in range(400)),
    "dollars": "$a " * N,
    "pairs of dollars": "$$a\n" * N,
    "many formulas": "".join(f"$x_{{{n}}}$ " for n in range(N)),
    "one formula": "$" + "a_b^c" * 200 + "$",
    "braces": "$" + "{" * 499 + "}" * 499 + "$",
    "backslashes": "\\" * N,
    "entities": "&amp;" * N,
    "mentions": "@ada " * N,
    "definitions": "".join(f"[{n}]: /u\n" for n in range(N)),
    "just below": "[a " * 1990,
    "just below in lines": "- a\n" * 280,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_long(name: str) -> None:
    text = HOSTILE[name][:N]
    html("$x$")  # what the first use loads
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        as_html.__wrapped__(text, NAMES, MENTION)
    finally:
        sys.setprofile(before)
    assert calls < 300_000  # 0.1 µs each: 30 ms
    assert len(html(text)) < 80_000


def test_a_text_with_too_many_signs_or_too_deep_is_printed_as_typed() -> None:
    assert html("[" * 2001) == f'<p class="typed">{"[" * 2001}</p>'
    assert html("> " * 16 + "a") == f'<p class="typed">{"&gt; " * 16}a</p>'
    assert html("> " * 10 + "a").startswith("<blockquote>")
