"""TeX to plain text, and plain text to TeX that is safe to typeset."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.sources.text.latex import balanced, escape, is_braced, to_unicode
from broadsheet.sources.text.latex_reader import unescape_verbatim
from broadsheet.sources.text.latex_symbols import mathematics, symbols
from tests.sources.reading import fuzz


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"G\"odel", "Gödel"),
        (r"{\'E}va Kov{\'a}cs", "Éva Kovács"),
        (r"\v{S}\'\i{} \c{c} \H{o} \~n \^{\i} \.Z \k a", "Ší ç ő ñ î Ż ą"),
        (r"S{\o}ren Stra{\ss}e \L ukasz \AA", "Søren Straße Łukasz Å"),
        (r"\emph{A} \textbf{{B}} {\em C}", "A B C"),
        (r"50\% \& \$5 a\_b \#1 \{x\} a~b", "50% & $5 a_b #1 {x} a b"),
        (r"{The {DNA} of} $x_{i}^{2}$ and $\alpha$", r"The DNA of $x_{i}^{2}$ and $\alpha$"),
        (r"trailing \ ", "trailing  "),
        ("plain", "plain"),
        # C02: accents of every kind, one over another, over two letters, below
        (r"Nguy{\~{\^e}}n B{\h{a}}o, {\'{\^{o}}}, \'\^e, \'{\ae}", "Nguyễn Bảo, ố, ế, ǽ"),
        (r"{\textcommabelow{S}}tefan \cb{t} {\t{i}}akov \t{oo} \d{u} \b{k} \r{u}", "Ștefan ț i͡akov o͡o ụ ḵ ů"),
        (r"\=a \u{g} \.{I} \v{\j} \G{e} \U{x} \k{e} \textogonekcentered{o} \capitalacute{E}", "ā ğ İ ǰ ȅ x̍ ę ǫ É"),
        (r"O{\textquoteright}Brien O\'Brien \"quoted\" words", 'O’Brien O\'Brien "quoted" words'),
        (r"\'{} \^{} \~{} \c{} d\'{}e", "' ^ ~ ¸ d'e"),
        # quotes, dashes, signs
        ("``Quoted'' `one' --- 1--2, don't `code`, ?`Qu\\'e?", "“Quoted” ‘one’ — 1–2, don't `code`, ¿Qué?"),
        (r"\textquotedblleft wet\textquotedblright{} \guillemotleft x\guillemotright, \glqq y\grqq", "“wet” «x», „y“"),
        (r"CO\textsubscript{2} at 10\textsuperscript{--3} \textmu m", "CO2 at 10–3 µm"),
        (r"20\,\textdegree C, \texteuro 5, \pounds{}3, \S 4, \dots{} \textonehalf", "20 °C, €5, £3, § 4, … ½"),
        (r"$\alpha$, \alpha-synuclein, \textbeta-blocker, 3 \times 4", r"$\alpha$, α-synuclein, β-blocker, 3 × 4"),
        (r"\CYRP\cyru\cyrsh, \dj\DJ\dh\th\ng\NG, \i\j\ij", "Пуш, đĐðþŋŊ, ıȷĳ"),
        (r"\LaTeX{} and \TeX\ in \BibTeX", "LaTeX and TeX in BibTeX"),
        # commands with arguments
        (r"\unknown{x}{\'e} stays, \cite{a}", r"\unknown{x}{é} stays, \cite{a}"),
        (r"\url{http://a/~b_c%20d} \href{http://a/\%7E}{here}", "http://a/~b_c%20d here (http://a/%7E)"),
        (r"{\noopsort{1973b}}1973 \uppercase{d}e \textcolor{red}{x} \enquote{y}", "1973 De x “y”"),
        (r"\foreignlanguage{german}{Stra{\ss}e} \texorpdfstring{$\beta$}{beta} \ce{H2O}", "Straße beta H2O"),
        (r"\char126 \char`\% \symbol{95}", "~%_"),
        (r"{\$}x{\^{}}2{\$}, p $<$ 0.05, {\textless}i{\textgreater}", "$x^2$, p < 0.05, <i>"),
        (r"\(x<y\), \[z\] and $\lbrace x \rbrace$", r"$x<y$, $z$ and $\{x \}$"),
        ("about ~10% of /~home, a~b", "about ~10% of /~home, a b"),
        (r"a\\b\-c\/d\,e\@f\ g", "a bcd ef g"),
        ("\\", "\\"),
        (r"\v", "ˇ"),
    ],
)
def test_tex_to_unicode(tex: str, text: str) -> None:
    assert to_unicode(tex) == text


def test_plain_text_with_some_tex_keeps_its_braces() -> None:
    title = r"Schr\"odinger bridges on the Erd\H{o}s--R\'enyi graph over {0, 1}, {B}ayes and {\it x} for $\{a\}$"
    kept = r"Schrödinger bridges on the Erdős–Rényi graph over {0, 1}, Bayes and x for $\{a\}$"
    assert to_unicode(title, keep_braces=True) == kept


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"10.1007/978-3-0{\_}129-1", "10.1007/978-3-0_129-1"),
        (r"10.1002/(SICI)1{\textless}693::AID{\textgreater}3 $<$4$>$", "10.1002/(SICI)1<693::AID>3 <4>"),
        (r"http://x/{\~{}}u/\textasciitilde v/$\sim$w/{\textasciitilde}x", "http://x/~u/~v/~w/~x"),
        (r"10.1007/978-3-0$\_$14 10.1007/978$_$15", "10.1007/978-3-0_14 10.1007/978_15"),
        (r"http://x/a\_b\%20c\&d\#e", "http://x/a_b%20c&d#e"),
        (r"\url{http://x/{a}_b} \url{http://y}", " http://x/a_b   http://y "),
        ("http://x/plain--text~u", "http://x/plain--text~u"),
    ],
)
def test_addresses_and_identifiers_as_managers_escape_them(escaped: str, text: str) -> None:
    assert unescape_verbatim(escaped) == text


def test_escaping_leaves_no_command_and_keeps_mathematics() -> None:
    assert escape(r"A & B_1 50% #2 {x} ~ ^") == r"A \& B\_1 50\% \#2 \{x\} \textasciitilde{} \textasciicircum{}"
    assert escape(r"\input{/etc/passwd}") == r"\textbackslash{}input\{/etc/passwd\}"
    assert escape(r"$x_{i}^{2} \le \alpha$ é") == r"$x_{i}^{2} \le \alpha$ é"
    assert escape("$5 and $6, $ {}$") == r"\$5 and \$6, \$ \{\}\$"
    assert escape("a--b ''c'' `d`") == r"a-{}-b '{}'c'{}' \textasciigrave{}d\textasciigrave{}"
    matrix = r"$\left\{ \begin{pmatrix}a\\b\end{pmatrix} \right\}, \mathbb{R}, \operatorname{rank}\,\boldsymbol{x}$"
    assert escape(matrix) == matrix


@pytest.mark.parametrize(
    "formula",
    [
        r"$\input{x}$", r"$\lstinputlisting{/etc/passwd}$", r"$\InputIfFileExists{a}{b}{c}$", "$^^5cinput{/x}$",
        r"$x^^M\write$", r"$\begin{verbatim}$", r"$\newcommand\x{y}$", r"$\csname input\endcsname$", "$a % b$", r"$#1$",
        r"$\usepackage{x}$", r"$\\\input x$", r"$\href{javascript:x}{y}$",
    ],
)  # fmt: skip
def test_formula_that_is_none_is_written_as_text(formula: str) -> None:
    written = escape(formula)
    assert not written.startswith("$")
    assert all(
        rf"\{name}" not in written for name in ("input", "write", "lst", "Input", "begin", "new", "csname", "use")
    )
    assert "^^" not in written
    assert to_unicode(written) == formula


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (r"On the set $\{ x : f(x) < 1$", r"On the set $\lbrace  x : f(x) < 1$"),
        (r"$\left\{ x \right.$ or $]0,1\}$", r"$\left\lbrace  x \right.$ or $]0,1\rbrace$"),
        ("a { b", r"a \textbraceleft{} b"),
        ("} {", r"\textbraceright{} \textbraceleft{}"),
        (r"$\{x\}$", r"$\{x\}$"),
    ],
)
def test_lone_braces_cannot_swallow_the_next_entry(text: str, written: str) -> None:
    assert escape(text) == written
    assert balanced(written)
    assert to_unicode(written) == text


@fuzz
@given(st.text(alphabet=st.sampled_from(list("ab é\\{}$%&#_~^\"'`1.-,/ntS?!")), max_size=25))
def test_what_is_escaped_comes_back(text: str) -> None:
    escaped = escape(text)
    assert balanced(escaped)
    assert to_unicode(escaped) == unicodedata.normalize("NFC", text)


def test_tables() -> None:
    assert (symbols()["oe"], symbols()["alpha"], symbols()["textonehalf"]) == ("œ", "α", "½")
    assert (symbols()["ohorn"], symbols()["Uhorn"]) == ("ơ", "Ư")
    assert {"frac", "alpha", "mathbb", "leq"} <= mathematics()
    unsafe = "input include write def let csname openout read catcode the loop verb font begin end"
    assert not mathematics() & {*unsafe.split()}


@pytest.mark.parametrize(
    ("text", "braced"), [("{R and D}", True), ("{A} b {C}", False), ("{}", True), ("{", False), ("", False)]
)
def test_is_braced(text: str, braced: bool) -> None:
    assert is_braced(text) == braced


@fuzz
@given(st.text(max_size=60))
def test_no_text_crashes(text: str) -> None:
    assert isinstance(to_unicode(text), str)
    assert isinstance(to_unicode(text, keep_braces=True), str)
    assert isinstance(unescape_verbatim(text), str)
    assert balanced(escape(text))


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "piece",
    ["$", "$a", "\\", "\\'", "{", "\\v ", "$\\", "`a'a", "`", "-", "\\foo{", "\\url{", "\\(", "~", "\\'{", "a{b"],
)
def test_long_hostile_text_takes_linear_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    to_unicode(text)
    escape(text)
    unescape_verbatim(text)
