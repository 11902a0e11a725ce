"""What may be in the HTML of a comment, and scripts that may not."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from broadsheet.community.comments import MENTION
from broadsheet.web.markdown import as_html

NAMES = frozenset({"ada", "bo"})
VOID = {"br", "hr"}
HTML = {
    "a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "s", "strong", "ul",
}  # fmt: skip
MATHML = {
    "math", "menclose", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts",
    "mroot", "mrow", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder",
    "munderover",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "rel"}, "ol": {"start"}, "p": {"class"}, "code": {"class"}, "strong": {"class"},
}  # fmt: skip
OF_MATHML = {
    "accent", "accentunder", "columnalign", "display", "displaystyle", "fence", "largeop", "linethickness", "lspace",
    "maxsize", "minsize", "movablelimits", "notation", "rspace", "scriptlevel", "separator", "stretchy", "width",
}  # fmt: skip


class Judge(HTMLParser):
    """Finds whatever should not be in the HTML of a comment."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        if self._open:
            self.faults.append(f"left open: {self._open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in HTML | MATHML:
            self.faults.append(f"element {tag}")
        allowed = ATTRIBUTES.get(tag, set()) if tag in HTML else OF_MATHML
        self.faults += [f"attribute {name} of {tag}" for name, _ in attrs if name not in allowed]
        given_ = dict(attrs)
        if tag == "a":
            if not re.match("https?://[^/]", given_.get("href") or ""):
                self.faults.append(f"link to {given_.get('href')}")
            if given_.get("rel") != "nofollow ugc noopener noreferrer external":
                self.faults.append("link without rel")
            if "a" in self._open:
                self.faults.append("link in a link")
        if (given_.get("class") or "typed") not in ("typed", "tex", "mention"):
            self.faults.append(f"class {given_['class']}")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes another element")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"declaration {decl}")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"declaration {data}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data}")


def html(text: str) -> str:
    out = str(as_html(text, NAMES, MENTION))
    assert Judge(out).faults == []
    return out


SCRIPTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<!--><script>alert(1)</script-->",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](java\\script:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](\x01javascript:alert(1))",
    "[x]( javascript:alert(1) )",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "[x](//evil.example)",
    "[x](/papers/1/act)",
    "[x](https:evil.example)",
    "[x](http:\\\\evil.example)",
    '[x](https://e.org/"onmouseover="alert(1))',
    '[x](https://e.org "onmouseover=alert(1)")',
    "[x](https://e.org/' onmouseover='alert(1))",
    "<javascript:alert(1)>",
    '<https://e.org/"onmouseover="alert(1)>',
    "![x](javascript:alert(1))",
    '![x"onerror=alert(1)](x)',
    "$\\text{<script>alert(1)</script>}$",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\text{</mtext></math><script>alert(1)</script>}$",
    "$\\style{background:url(javascript:alert(1))}{x}$",
    "$<img src=x onerror=alert(1)>$",
    "$\\unicode{60}script$",
    "`</code><script>alert(1)</script>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "@ada<script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "<style>*{display:none}</style>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<form action=https://evil.example><input name=password></form>",
    "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>x</maction></math>",
    "]]><script>alert(1)</script>",
    "<?php echo 1 ?>",
    "\u2028<script>alert(1)</script>",
    "\ufeff<script>alert(1)</script>",
    "< script >alert(1)</ script >",
    "<scr<script>ipt>alert(1)</script>",
)
