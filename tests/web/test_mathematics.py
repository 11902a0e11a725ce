"""Formulas become MathML; nothing else becomes markup; what cannot be read stays as typed."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.paper import Paper
from broadsheet.pipeline.records import Span
from broadsheet.web import presenters
from broadsheet.web.limits import shortened
from broadsheet.web.mathematics import LONGEST, coded, formulas, html, marked, render


def tex(text: str) -> list[str]:
    return [formula.tex for formula in formulas(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("E$^2$-RAG", ["^2"]),
        (r"with $O(n \log n)$ cost", [r"O(n \log n)"]),
        (r"a \(x\) b \[y\] c $$z$$", ["x", "y", "z"]),
        (r"\begin{equation} a \end{equation}", [" a "]),
        (r"2D$\Leftrightarrow$3D, 512$\times$1024", [r"\Leftrightarrow", r"\times"]),
        (r"the $ l_\infty $ setting", [r" l_\infty "]),
        ("$x$-ray $y$", ["x", "y"]),
        ("costs $5 and $10 a month", []),
        ("between $100 and 200$ units", []),
        ("US$5-$10, A$6", []),
        (r"\$5 and $x$", ["x"]),
        ("one $ alone", []),
        ("$reverse$ $training$", ["reverse", "training"]),
        ("", []),
    ],
)
def test_what_is_a_formula(text: str, found: list[str]) -> None:
    assert tex(text) == found


def test_a_formula_becomes_mathml() -> None:
    assert html("E$^2$ & co") == (
        'E<math display="inline"><mrow><msup><mi></mi><mn>2</mn></msup></mrow></math> &amp; co'
    )
    assert "<mi>ℓ</mi>" in html(r"$\ell_1$")
    assert "<mi>ℝ</mi>" in html(r"$\mathbb{R}$")
    assert "<mi>𝐱</mi>" in html(r"$\mathbf x$")
    assert "<mn>𝟏𝟎</mn>" in html(r"$\mathbf{10}$")
    assert ">log</mo>" in html(r"$\log n$")
    assert 'display="block"' in html("$$x$$")


@pytest.mark.parametrize(
    "source",
    [
        r"\unknowncommand x",
        r"\frac{a",
        "x_{",
        r"\left( x",
        r"\newcommand{\a}{\b\b}\a",
        r"\def\a{x}\a",
        "^^5c",
        "x" * 2000,
    ],
)
def test_what_cannot_be_read_stays_as_typed(source: str) -> None:
    assert render(source) is None
    if len(source) <= LONGEST:
        assert html(f"a ${source}$ b") == f'a <code class="tex">${source}$</code> b'


@pytest.mark.parametrize(
    "source",
    [
        r"\text{<script>alert(1)</script>}",
        r"\text{&lt;img src=x onerror=alert(1)&gt;}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{position:fixed}{x}",
        r"\class{quiet}{x}",
        r"\color{red}{x}",
        r"\hspace{9999em} x",
        r'\text{" onmouseover="alert(1)}',
    ],
)
def test_nothing_but_known_elements_is_printed(source: str) -> None:
    printed = html(f"${source}$")
    assert re.findall(r"<(?!/?(?:m\w+|code)\b)", printed) == []
    for attribute in ("href", "style=", 'class="q', "mathcolor", '9999em"', "<img"):
        assert attribute not in printed
    assert re.findall(r"<[^>]*\son\w+=", printed) == []


@given(st.text(alphabet="$\\{}^_ab<>&\"'()[] 1\n", max_size=200))
def test_no_text_becomes_foreign_markup(text: str) -> None:
    printed = html(text)
    assert re.findall(r"<(?!/?(?:math|m[a-z]+|code)\b)", printed) == []


def test_marks_go_round_a_formula_never_through_it() -> None:
    spans = [Span("E$^"), Span("2", True), Span("$-"), Span("RAG", True), Span("!")]
    printed = marked(spans)
    assert printed.startswith("E<mark><math")
    assert printed.endswith("</math></mark>-<mark>RAG</mark>!")
    assert printed.count("<mark>") == 2


def test_nothing_cuts_a_formula() -> None:
    text = "Words before " + r"$\sum_{i=1}^n x_i + y_i + z_i$" + " and after it, long enough to be cut off here."
    lead, rest = presenters.clamp(text, 25)
    assert (lead, rest[:4]) == ("Words before …", r"… $\s"[:4])
    assert shortened(text, 30) == "Words before …"


@pytest.mark.parametrize("text", ["$" * 20_000, r"\(" * 20_000, "$a " * 20_000, r"\begin{align}" * 5000, "{" * 50_000])
def test_odd_texts_take_no_time(text: str) -> None:
    started = time.process_time()
    html(text)
    assert time.process_time() - started < 5


def test_code_between_back_ticks() -> None:
    assert coded("give `but` <b> or `x") == "give <code>but</code> &lt;b&gt; or `x"


def test_the_card_of_a_paper_with_mathematics_has_a_plain_name() -> None:
    assert presenters.kicker(Paper("t", venue="V"))[0].text == "V"
