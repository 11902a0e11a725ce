r"""Converts publishers' texts in JATS and HTML to plain text, with each formula once and without its LaTeX preamble."""

from __future__ import annotations

import re

from broadsheet.sources.text.clean import plain_text

__all__ = ["jats_text"]

_MAX_TEXT = 50_000  # characters; abstracts are shorter
_TEX = re.compile(r"<(?:\w+:)?tex-math\b[^<>]*>(?P<tex>(?:(?!<(?:\w+:)?tex-math\b).)*?)</(?:\w+:)?tex-math>", re.DOTALL)
_ALTERNATIVES = re.compile(r"</?(?:\w+:)?alternatives\b[^<>]*>")
_MATHML_BEFORE = re.compile(r"</(?:\w+:)?math>\s*$")
_MATHML_AFTER = re.compile(r"\s*<(?:\w+:)?math\b")
_BEGIN, _END, _PREAMBLE = "\\begin{document}", "\\end{document}", ("\\documentclass", "\\usepackage")
_DOLLARS = re.compile(r"^\s*\${0,2}\s*(.*?)\s*\${0,2}\s*$", re.DOTALL)


def jats_text(text: str) -> str:
    """The plain text of a title or an abstract on one line; formulas are TeX between dollar signs."""
    if "tex-math" in text:
        text = _TEX.sub(_formula, text)
        text = _ALTERNATIVES.sub("", text)
    if _BEGIN in text:
        text = _without_preambles(text)
    return plain_text(text)[:_MAX_TEXT]


def _formula(match: re.Match[str]) -> str:
    """The TeX of a formula; "" if the same formula is given as MathML beside it."""
    before = match.string[max(0, match.start() - 60) : match.start()]
    if _MATHML_BEFORE.search(before) or _MATHML_AFTER.match(match.string, match.end()):
        return ""
    return _without_preambles(match["tex"]) if _BEGIN in match["tex"] else _in_dollars(match["tex"])


def _without_preambles(text: str) -> str:
    """Replace each LaTeX document in the text by its formula."""
    parts, position = [], 0
    while (begin := text.find(_BEGIN, position)) >= 0 and (end := text.find(_END, begin)) >= 0:
        starts = [start for command in _PREAMBLE if (start := text.find(command, position, begin)) >= 0]
        parts += [text[position : min(starts, default=begin)], _in_dollars(text[begin + len(_BEGIN) : end])]
        position = end + len(_END)
    return "".join([*parts, text[position:]])


def _in_dollars(tex: str) -> str:
    inner = _DOLLARS.match(tex)
    return f"${inner[1] if inner else tex}$"
