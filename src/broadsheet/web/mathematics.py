r"""TeX formulas in titles and abstracts, as MathML for pages and feeds.

text ──► formulas ($…$, $$…$$, \(…\), \[…\], environments) ──► latex2mathml ──► elements we know, rebuilt ──► HTML

Text between formulas is escaped. A formula that cannot be converted is printed as TeX in `<code>`. The converter's
output is never printed directly: only elements, attributes and values of fixed lists are copied from it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from itertools import chain, pairwise
from xml.etree.ElementTree import Element

from latex2mathml.converter import Converter
from markupsafe import Markup, escape

from broadsheet.pipeline.records import Span

__all__ = ["LONGEST", "Formula", "coded", "formula_at", "formulas", "html", "is_cut", "marked", "render"]

LONGEST = 1000  # characters of a formula; longer ones stay TeX
_MOST_ELEMENTS = 1500  # elements of one formula
_ENVIRONMENTS = r"(?P<environment>(?:equation|align|gather|multline|eqnarray|math|displaymath)\*?)"
_FORMULA = re.compile(
    rf"""
    (?<!\\)\$\$(?P<dollars>(?:\\.|[^$\\]){{1,{LONGEST}}})\$\$
    | (?<![\\$])\$(?P<dollar>(?:\\.|[^$\\]){{1,{LONGEST}}})\$(?!\$)
    | (?<!\\)\\\((?P<round>(?:(?!\\[()])[\s\S]){{1,{LONGEST}}})\\\)
    | (?<!\\)\\\[(?P<square>(?:(?!\\[\[\]])[\s\S]){{1,{LONGEST}}})\\\]
    | \\begin\{{{_ENVIRONMENTS}\}}(?P<body>[\s\S]{{1,{LONGEST}}}?)\\end\{{(?P=environment)\}}
    """,
    re.VERBOSE | re.DOTALL,
)
_BODIES = ("dollars", "dollar", "round", "square", "body")
_LETTERS = re.compile(r"\\(?:text\w*|mbox|hbox|math\w+|operatorname\*?)\s*\{[^{}]*\}|\\[A-Za-z]+")
_WORD = re.compile(r"(?<!\S)[A-Za-z]{3,}(?!\S)")
_NAMES = frozenset(
    ("arg", "cos", "det", "dim", "exp", "gcd", "inf", "lim", "log", "max", "min", "mod", "sin", "sup", "tan")
)
_TEX = re.compile(r"[\\^_{}]")
_DEFINES = re.compile(r"\\(?:\w*newcommand|\w*def|let|newenvironment|Declare\w+|require|catcode|csname)(?![a-z])|\^\^")
_MISSING = {  # commands that the converter lacks, or that papers use without a definition
    "R": r"\mathbb{R}",
    "Tilde": r"\tilde",
    "arg": r"\operatorname{arg}",
    "eps": r"\epsilon",
    "mod": r"\operatorname{mod}",
    "nicefrac": r"\frac",
    "sim": "∼",
    "textsc": r"\text",
    "triangleq": "≜",
}
_UNKNOWN = re.compile(r"\\[A-Za-z]+")
_ELEMENT = re.compile(
    "math|menclose|mfrac|mi|mmultiscripts|mn|mo|mover|mpadded|mphantom|mprescripts|mroot|mrow|mspace|msqrt|mstyle|"
    "msub|msubsup|msup|mtable|mtd|mtext|mtr|munder|munderover"
)
_CHILDREN = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "mover": 2, "munder": 2, "msubsup": 3, "munderover": 3}
_ATTRIBUTES = {
    "accent": "true|false",
    "accentunder": "true|false",
    "columnalign": "(left|center|right)( (left|center|right))*",
    "display": "block|inline",
    "displaystyle": "true|false",
    "fence": "true|false",
    "largeop": "true|false",
    "linethickness": "0|thin|medium|thick",
    "maxsize": r"\d(\.\d+)?em",
    "minsize": r"\d(\.\d+)?em",
    "movablelimits": "true|false",
    "notation": "[a-z]+",
    "scriptlevel": "[0-3]",
    "separator": "true|false",
    "stretchy": "true|false",
    "width": r"[0-4]?(\.\d+)?em",
}
_STYLE_NAMES = {
    "BOLD": "bold",
    "ITALIC": "italic",
    "BOLD ITALIC": "bold-italic",
    "SCRIPT": "script",
    "FRAKTUR": "fraktur",
    "BLACK-LETTER": "fraktur",
    "DOUBLE-STRUCK": "double-struck",
    "SANS-SERIF": "sans-serif",
    "MONOSPACE": "monospace",
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in a text: `text[start:stop]` with its delimiters, and the TeX between them."""

    start: int
    stop: int
    tex: str
    is_block: bool = False


def formulas(text: str) -> list[Formula]:
    """The formulas of a text, in order. Text between two prices in dollars is not a formula."""
    formulas_: list[Formula] = []
    if "$" not in text and "\\" not in text:  # the fast path of most texts: every formula begins with one of these
        return formulas_
    at = 0
    while match := _FORMULA.search(text, at):
        formula, at = _formula(match), match.end()
        if formula is None:
            at -= 1  # its closing dollar may open a formula
        else:
            formulas_.append(formula)
    return formulas_


def formula_at(text: str, at: int) -> Formula | None:
    """The formula that begins at position `at` of a text, if any."""
    match = _FORMULA.match(text, at)
    return _formula(match) if match else None


def is_cut(text: str, at: int) -> Formula | None:
    """The formula that position `at` of the text falls inside, if any."""
    return next((formula for formula in formulas(text) if formula.start < at < formula.stop), None)


def html(text: str) -> Markup:
    """A text as HTML: escaped, its formulas as MathML."""
    return marked([Span(text)])


def marked(spans: Iterable[Span]) -> Markup:
    """Spans as HTML with `<mark>` around the matches; a match inside a formula marks the whole formula."""
    spans = list(spans)
    text = "".join(span.text for span in spans)
    formulas_ = formulas(text)
    if not formulas_:
        escaped = [(str(escape(span.text)), span.matched) for span in spans if span.text]
        return Markup("".join([f"<mark>{text}</mark>" if is_matched else text for text, is_matched in escaped]))
    out: list[Markup] = []
    for piece, formula, is_matched in _pieces(spans, formulas_):
        html_ = render(formula.tex, formula.is_block) or _as_code(piece) if formula else escape(piece)
        out.append(Markup("<mark>{}</mark>").format(html_) if is_matched else html_)
    return Markup().join(out)


def coded(text: str) -> Markup:
    """A text as HTML: escaped, with text between back-ticks as code."""
    parts = enumerate(re.split("`([^`]+)`", text))
    return Markup().join(Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in parts)


@lru_cache(maxsize=4096)
def render(tex: str, is_block: bool = False) -> Markup | None:
    """The MathML of a formula; None if it cannot be converted completely."""
    if len(tex) > LONGEST or _DEFINES.search(tex) or not tex.strip():
        return None
    tex = _UNKNOWN.sub(lambda command: _MISSING.get(command[0][1:], command[0]), tex)
    try:
        tree = Converter(display="block" if is_block else "inline").convert_to_element(tex)
        elements = sum(1 for _ in tree.iter())
        if elements > _MOST_ELEMENTS or any(_UNKNOWN.search(text) for text in tree.itertext()):
            return None
        return Markup(_rebuild(tree))
    except Exception:  # noqa: BLE001 - the converter raises many types of errors
        return None


def _formula(match: re.Match[str]) -> Formula | None:
    """The formula that was matched; None for text between two prices."""
    name = next(name for name in _BODIES if match[name] is not None)
    tex = match[name]
    if name == "dollar" and _is_prose(tex, match.string[match.end() : match.end() + 1]):
        return None
    if name == "body" and match["environment"].startswith(("align", "eqnarray")):
        tex = rf"\begin{{align*}}{tex}\end{{align*}}"
    return Formula(match.start(), match.end(), tex, is_block=name in ("dollars", "square", "body"))


def _is_prose(tex: str, follows: str) -> bool:
    """Whether this is text between two prices: "5 and this one costs 10", "5-" before 10."""
    words = [word for word in _WORD.findall(_LETTERS.sub(" ", tex)) if word.lower() not in _NAMES]
    if _TEX.search(tex):
        return len(words) > 1
    return (bool(words) and len(tex.split()) > 1) or tex != tex.strip() or follows.isdigit()


def _pieces(spans: list[Span], formulas_: list[Formula]) -> Iterator[tuple[str, Formula | None, bool]]:
    """Split spans into (text, its formula or None, whether it matched), in order, without cutting a formula."""
    starts = {formula.start: formula for formula in formulas_}
    stops = {formula.stop for formula in formulas_}
    text = "".join(span.text for span in spans)
    flags: list[tuple[int, int]] = []  # (start, stop) of the matches
    edges, at = {0, len(text)}, 0
    for span in spans:
        if span.matched and span.text:
            flags.append((at, at + len(span.text)))
        at += len(span.text)
        edges.add(at)
    edges = {edge for edge in edges if not any(f.start < edge < f.stop for f in formulas_)} | starts.keys() | stops
    for start, stop in pairwise(sorted(edges)):
        yield text[start:stop], starts.get(start), any(a < stop and start < b for a, b in flags)


def _as_code(text: str) -> Markup:
    return Markup('<code class="tex">{}</code>').format(text)


def _rebuild(element: Element) -> str:
    """An element with its content as HTML, built from the fixed lists only. Raises ValueError for other elements."""
    if not _ELEMENT.fullmatch(element.tag):
        raise ValueError(element.tag)
    if len(element) != _CHILDREN.get(element.tag, len(element)):
        raise ValueError(f"{element.tag} of {len(element)}")
    children = [
        f' {name}="{value}"'
        for name, pattern in _ATTRIBUTES.items()
        if (value := element.get(name)) is not None and re.fullmatch(pattern, value)
    ]
    text = _with_style(element, unescape(element.text or ""))
    if element.tag == "mi" and len(text) > 1 and text.isascii():  # log, sin, Pr: set apart like an operator
        return f'<mo lspace="0.17em" rspace="0.17em">{escape(text)}</mo>'
    inside = "".join(chain([str(escape(text))], map(_rebuild, element)))
    return f"<{element.tag}{''.join(children)}>{inside}</{element.tag}>"


def _with_style(element: Element, text: str) -> str:
    """The text in the element's `mathvariant`, as Unicode characters: browsers ignore the attribute."""
    style = element.get("mathvariant", "")
    if not style or element.tag == "mtext":
        return text
    return "".join(_letters().get((style, letter), letter) for letter in text)


@lru_cache(maxsize=1)
def _letters() -> dict[tuple[str, str], str]:
    """(style, letter) → its Unicode character."""
    pattern = re.compile(rf"(?:MATHEMATICAL )?({'|'.join(_STYLE_NAMES)}) (?:CAPITAL|SMALL|DIGIT) \w+")
    formulas_ = {}
    for number in chain(range(0x2100, 0x2140), range(0x1D400, 0x1D800)):
        if match := pattern.fullmatch(unicodedata.name(chr(number), "")):
            formulas_[_STYLE_NAMES[match[1]], unicodedata.normalize("NFKC", chr(number))] = chr(number)
    return formulas_
