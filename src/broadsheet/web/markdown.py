"""Markdown with $formulas$ as HTML, for what strangers write.

text ──► markdown-it's tokens ──► elements of a fixed list, rebuilt ──► HTML

No HTML of the text's own, no images, no address but http and https: nothing of it is loaded, and nothing of it runs.
Headings become bold paragraphs, so that the headings of a page stay those of the page. What would take long to parse,
or is nested too deeply, is printed as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from broadsheet.kit.web_address import web_url
from broadsheet.web import mathematics

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

__all__ = ["as_html"]

_DEEPEST = 16  # blocks inside one another
_MOST_WORK = 2000  # so many characters that begin something, and six a line: 30 ms
_WORK_OF_A_LINE = 6
_STARTS = re.compile(r"[]!#$%&*+:<=>@[\\^_`{}~-]")  # where the parser leaves plain text
_MOST_TEX = 1500  # characters of all formulas of a text; the others stay TeX
_ELEMENTS = {
    "blockquote": ("<blockquote>", "</blockquote>"),
    "bullet_list": ("<ul>", "</ul>"),
    "em": ("<em>", "</em>"),
    "heading": ("<p><strong>", "</strong></p>"),
    "list_item": ("<li>", "</li>"),
    "ordered_list": ("<ol>", "</ol>"),
    "paragraph": ("<p>", "</p>"),
    "s": ("<s>", "</s>"),
    "strong": ("<strong>", "</strong>"),
}
_LINK = '<a href="{}" rel="nofollow ugc noopener noreferrer external">'
_RULES = (
    *("newline", "escape", "backticks", "strikethrough", "emphasis", "link", "entity", "balance_pairs"),
    *("code", "fence", "blockquote", "hr", "list", "heading", "lheading", "fragments_join", "text_join"),
)  # no html_block, html_inline, image, autolink, reference, table


@lru_cache(maxsize=1024)
def as_html(text: str, names: frozenset[str] = frozenset(), mention: re.Pattern[str] | None = None) -> Markup:
    """A text as HTML; what `mention` matches is marked where its first group is one of `names`, in small letters."""
    tokens = _parsed(text)
    if tokens is None:
        return Markup('<p class="typed">{}</p>').format(text)
    return Markup("".join(_Writer(names, mention).blocks(tokens)))


def _parsed(text: str) -> Sequence[Token] | None:
    """The tokens of a text; None for one that takes too much work or is nested too deeply."""
    if len(_STARTS.findall(text)) + _WORK_OF_A_LINE * text.count("\n") > _MOST_WORK:
        return None
    tokens = _parser().parse(text)
    return None if any(token.level >= _DEEPEST - 1 for token in tokens) else tokens


@dataclass
class _Writer:
    """Writes the HTML of one text."""

    names: Collection[str]
    mention: re.Pattern[str] | None
    _tex: int = 0  # characters of formulas so far
    _links: list[bool] = field(default_factory=list)  # of the open links, whether it was written

    def blocks(self, tokens: Iterable[Token]) -> Iterator[str]:
        """The HTML of blocks."""
        for token in tokens:
            if token.type == "inline":
                yield from map(self._inline, token.children or ())
            elif token.type in ("fence", "code_block"):
                yield f"<pre><code>{escape(token.content)}</code></pre>"
            elif token.type == "hr":
                yield "<hr>"
            elif token.type == "math_block":
                yield f"<p>{self._formula(token.content, is_block=True)}</p>"
            elif not token.hidden:
                yield _tag(token)

    def _inline(self, token: Token) -> str:
        kind = token.type
        if kind == "text":
            return self._text(token.content)
        if kind in ("softbreak", "hardbreak"):
            return "<br>"
        if kind == "code_inline":
            return f"<code>{escape(token.content)}</code>"
        if kind == "math":
            return self._formula(token.content, is_block=token.markup == "$$")
        if kind == "link_open":
            url = web_url(str(token.attrs.get("href", "")))
            self._links.append(bool(url))
            return _LINK.format(escape(url)) if url else ""
        if kind == "link_close":
            return "</a>" if self._links.pop() else ""
        return _tag(token)

    def _text(self, text: str) -> str:
        if self.mention is None or "@" not in text:
            return str(escape(text))
        out, at = [], 0
        for match in self.mention.finditer(text):
            if match[1].lower() in self.names:
                out += [str(escape(text[at : match.start()])), f'<strong class="mention">@{escape(match[1])}</strong>']
                at = match.end()
        return "".join([*out, str(escape(text[at:]))])

    def _formula(self, tex: str, *, is_block: bool) -> str:
        self._tex += len(tex)
        html = mathematics.render(tex, is_block) if self._tex <= _MOST_TEX else None
        dollars = "$$" if is_block else "$"
        return str(html) if html else f'<code class="tex">{escape(dollars + tex + dollars)}</code>'


def _tag(token: Token) -> str:
    """The tag of a token that opens or closes an element. Raises KeyError for a token that has none."""
    name, _, side = token.type.rpartition("_")
    opening, closing = _ELEMENTS[name]
    if side == "close":
        return closing
    start = token.attrs.get("start")
    return f'<ol start="{int(start)}">' if name == "ordered_list" and start is not None else opening


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("zero", {"maxNesting": _DEEPEST, "html": False, "linkify": False, "typographer": False})
    parser.enable(list(_RULES))
    parser.inline.ruler.before("escape", "math", _math)
    parser.block.ruler.before("fence", "math_block", _math_block, {"alt": ["paragraph", "blockquote", "list"]})
    return parser


def _math(state: StateInline, silent: bool) -> bool:
    """A formula in dollars."""
    formula = mathematics.formula_at(state.src, state.pos) if state.src[state.pos] == "$" else None
    if formula is None or formula.stop > state.posMax:
        return False
    if not silent:
        token = state.push("math", "", 0)
        token.content, token.markup = formula.tex, "$$" if formula.is_block else "$"
    state.pos = formula.stop
    return True


def _math_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Lines from one that begins with two dollars to one that ends with them, whatever signs are between them."""
    first = state.bMarks[start] + state.tShift[start]
    if state.is_code_block(start) or not state.src.startswith("$$", first):
        return False
    for last in range(start, end):
        if last > start and state.sCount[last] < state.blkIndent and not state.isEmpty(last):
            return False
        stop = state.src.find("$$", first + 2 if last == start else state.bMarks[last], state.eMarks[last])
        if stop >= 0:
            break
        if state.eMarks[last] - first > mathematics.LONGEST:
            return False
    else:
        return False
    text = state.getLines(start, last + 1, state.blkIndent, False).strip()
    if not text.endswith("$$") or text.count("$$") != 2 or len(text) < 5:
        return False
    if not silent:
        token = state.push("math_block", "", 0)
        token.content, token.map = text[2:-2], [start, last + 1]
        state.line = last + 1
    return True
