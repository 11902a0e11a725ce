r"""The text for TeX's commands, and the commands that are allowed in an exported formula.

Most symbols come from pylatexenc's table; this module adds and corrects some.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pylatexenc.latex2text import get_default_latex_context_db

__all__ = ["ACCENTS", "ENVIRONMENTS", "HIDDEN", "SPACES", "SPACING", "STYLES", "mathematics", "symbols"]

# fmt: off
# Command → the combining character after its argument's first letter. `\t` ties two letters.
ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "h": "\u0309", "r": "\u030a", "H": "\u030b", "v": "\u030c", "U": "\u030d", "|": "\u030d",
    "G": "\u030f", "C": "\u030f", "f": "\u0311", "d": "\u0323", "c": "\u0327", "k": "\u0328", "b": "\u0331",
    "t": "\u0361", "newtie": "\u0361", "cb": "\u0326", "textcommabelow": "\u0326", "textcommaabove": "\u0313",
    "textogonekcentered": "\u0328", "textdoublegrave": "\u030f", "textinvbreve": "\u0311", "textroundcap": "\u0311",
    "textsubring": "\u0325", "textring": "\u030a", "textsubumlaut": "\u0324", "textsubbar": "\u0331",
    "textsubdot": "\u0323", "textdotbelow": "\u0323", "textsubtilde": "\u0330", "textsubcircum": "\u032d",
    "textsubbreve": "\u032e", "textsubwedge": "\u032c", "textcircumacute": "\u0302\u0301",
    "texttildedot": "\u0303\u0307", "capitalgrave": "\u0300", "capitalacute": "\u0301", "capitalcircumflex": "\u0302",
    "capitaltilde": "\u0303", "capitalmacron": "\u0304", "capitalbreve": "\u0306", "capitaldotaccent": "\u0307",
    "capitaldieresis": "\u0308", "capitalring": "\u030a", "capitalhungarumlaut": "\u030b", "capitalcaron": "\u030c",
    "capitalcedilla": "\u0327", "capitalogonek": "\u0328", "capitaltie": "\u0361",
}
SPACING = {"u": "˘", "r": "˚", "H": "˝", "v": "ˇ", "c": "¸", "k": "˛", "t": "", "b": "", "d": ""}  # without a letter

_SYMBOLS = {
    "textbackslash": "\\", "textbraceleft": "{", "textbraceright": "}", "lbrace": "{", "rbrace": "}", "lbrack": "[",
    "rbrack": "]", "backslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textasciigrave": "`",
    "textbar": "|", "textless": "<", "textgreater": ">", "textquotesingle": "'", "textunderscore": "_",
    "textdollar": "$", "textasteriskcentered": "*", "textampersand": "&", "textpercent": "%", "textnumbersign": "#",
    "texthash": "#", "textat": "@", "slash": "/", "textslash": "/", "textvisiblespace": "␣",
    "textperiodcentered": "·", "textellipsis": "…", "ldots": "…", "dots": "…", "textdots": "…", "lq": "‘", "rq": "’",
    "lqq": "“", "rqq": "”", "S": "§", "P": "¶", "pounds": "£", "copyright": "©", "dh": "ð", "DH": "Ð", "glq": "‚",
    "grq": "‘", "glqq": "„", "grqq": "“", "flq": "‹", "frq": "›", "flqq": "«", "frqq": "»", "og": "«", "fg": "»",
    "guillemetleft": "«", "guillemetright": "»", "guillemotleft": "«", "guillemotright": "»",
    "textquotestraightdblbase": "„", "textquotestraightbase": "‚", "quotesinglbase": "‚", "quotedblbase": "„",
    "guilsinglleft": "‹", "guilsinglright": "›", "textexclamdown": "¡", "textquestiondown": "¿", "hyp": "-",
    "textminus": "−", "textfigdash": "‒", "texthorizontalbar": "―", "textcelsius": "℃", "degree": "°",
    "celsius": "°C", "textdegree": "°", "micro": "µ", "textmu": "µ", "mu": "μ", "textohm": "Ω", "ohm": "Ω",
    "perthousand": "‰", "textestimated": "℮", "textnumero": "№", "No": "№", "TeX": "TeX", "LaTeX": "LaTeX",
    "LaTeXe": "LaTeX2ε", "BibTeX": "BibTeX", "XeTeX": "XeTeX", "XeLaTeX": "XeLaTeX", "LuaTeX": "LuaTeX",
    "LuaLaTeX": "LuaLaTeX", "pdfTeX": "pdfTeX", "pdfLaTeX": "pdfLaTeX", "ConTeXt": "ConTeXt", "AmS": "AMS", "IJ": "Ĳ",
    "ij": "ĳ", "SS": "ẞ", "textschwa": "ə", "textturnv": "ʌ", "texteng": "ŋ", "textesh": "ʃ", "textglotstop": "ʔ",
    "ohorn": "ơ", "Ohorn": "Ơ", "uhorn": "ư", "Uhorn": "Ư",
    "textbari": "ɨ", "textcrh": "ħ", "textlhookz": "ʐ", "texthtd": "ɗ", "texthtb": "ɓ", "texthtk": "ƙ", "hausaB": "Ɓ",
    "hausab": "ɓ", "hausaD": "Ɗ", "hausad": "ɗ", "hausaK": "Ƙ", "hausak": "ƙ", "m": "ɱ", "textthorn": "þ",
    "textThorn": "Þ", "texteth": "ð", "textbaht": "฿", "textwon": "₩", "textlira": "₤", "textpeso": "₱",
    "textnaira": "₦", "textdong": "₫", "texteuro": "€", "euro": "€", "EUR": "€", "textcent": "¢", "textcurrency": "¤",
    "textborn": "*", "textdied": "†", "textpm": "±", "textregistered": "®", "texttrademark": "™",
    "textcopyright": "©", "textservicemark": "℠", "textordfeminine": "ª", "textordmasculine": "º",
    "textonesuperior": "¹", "texttwosuperior": "²", "textthreesuperior": "³", "textzerosuperior": "⁰",
    "textfoursuperior": "⁴", "textnsuperior": "ⁿ", "textheart": "♥", "checkmark": "✓", "textreferencemark": "※",
    "textmusicalnote": "♪", "textinterrobang": "‽", "textquotedblleft": "“", "textquotedblright": "”",
    "textquoteleft": "‘", "textquoteright": "’", "textendash": "–", "textemdash": "—", "textbullet": "•",
    "textsection": "§", "textparagraph": "¶", "textdagger": "†", "textdaggerdbl": "‡", "dag": "†", "ddag": "‡",
    "textcompwordmark": "", "textnobreakspace": " ", "textalpha": "α", "textbeta": "β", "textgamma": "γ",
    "textdelta": "δ", "textepsilon": "ε", "textzeta": "ζ", "texteta": "η", "texttheta": "θ", "textiota": "ι",
    "textkappa": "κ", "textlambda": "λ", "textnu": "ν", "textxi": "ξ", "textomikron": "ο", "textpi": "π",
    "textrho": "ρ", "textsigma": "σ", "textvarsigma": "ς", "texttau": "τ", "textupsilon": "υ", "textphi": "φ",
    "textchi": "χ", "textpsi": "ψ", "textomega": "ω", "textGamma": "Γ", "textDelta": "Δ", "textTheta": "Θ",
    "textLambda": "Λ", "textXi": "Ξ", "textPi": "Π", "textSigma": "Σ", "textUpsilon": "Υ", "textPhi": "Φ",
    "textPsi": "Ψ", "textOmega": "Ω", "upalpha": "α", "upbeta": "β", "upgamma": "γ", "updelta": "δ", "upepsilon": "ε",
    "upkappa": "κ", "uplambda": "λ", "upmu": "μ", "uppi": "π", "upsigma": "σ", "uptau": "τ", "upomega": "ω",
    "textleftarrow": "←", "textrightarrow": "→", "textuparrow": "↑", "textdownarrow": "↓",
}
# fmt: on

# Commands that only format text.
_STYLES = (
    "emph textbf textit textsc textrm textsf texttt textnormal textsl textup textmd textlf textsubscript "
    "textsuperscript textsmaller textlarger textgreek textcyrillic textcyr textlatin mbox hbox fbox makebox text bf "
    "it em rm sc tt sl sf bfseries itshape scshape slshape upshape mdseries rmfamily sffamily ttfamily normalfont "
    "selectfont mathrm mathit mathbf mathsf mathtt mathnormal operatorname uline underline sout ul st textls hl tiny "
    "scriptsize footnotesize small normalsize large Large LARGE huge Huge relax protect leavevmode noindent centering "
    "displaystyle textstyle unskip ignorespaces xspace nobreak allowbreak nobreakdash negthinspace bibnamefont "
    "bibfnamefont citenamefont natexlab ce boldmath unboldmath boldsymbol bm pmb bgroup egroup begingroup endgroup "
    "nohyphens frenchspacing NoCaseChange mkbibemph mkbibbold acro smaller larger"
)
_HIDDEN = (
    "noopsort NOOPSORT Noopsort SortNoop noop vspace hspace label phantom hphantom vphantom index color "
    "selectlanguage fontfamily fontencoding fontshape fontseries"
)
_SPACES = (
    "newline linebreak par space quad qquad enspace enskip thinspace medspace thickspace nobreakspace hfill hfil "
    "newpage smallskip medskip bigskip break"
)
STYLES = frozenset(_STYLES.split())
HIDDEN = frozenset(_HIDDEN.split())  # dropped with their argument
SPACES = frozenset(_SPACES.split())

# Commands that are allowed in a formula besides symbols: none that reads, writes, defines or loads.
_STRUCTURE = (
    "frac dfrac tfrac cfrac binom dbinom tbinom choose over atop sqrt root of left right middle big Big bigg Bigg "
    "bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm mathbb mathcal mathbf mathrm mathit mathsf mathtt mathfrak "
    "mathscr mathds mathbbm mathnormal boldsymbol bm pmb bf rm it cal sf tt em text textrm textbf textit textsf "
    "texttt textsc textnormal mbox hbox emph operatorname limits nolimits displaystyle textstyle scriptstyle "
    "scriptscriptstyle hat widehat check widecheck tilde widetilde acute grave dot ddot dddot ddddot breve bar vec "
    "mathring overline underline overbrace underbrace overrightarrow overleftarrow overleftrightarrow underrightarrow "
    "underleftarrow overset underset stackrel substack sideset prescript xrightarrow xleftarrow boxed cancel not "
    "mathop mathbin mathrel mathord mathopen mathclose mathpunct mathstrut strut smash phantom hphantom vphantom quad "
    "qquad thinspace medspace thickspace negthinspace enspace lvert rvert lVert rVert vert Vert lbrace rbrace lbrack "
    "rbrack langle rangle lfloor rfloor lceil rceil lgroup rgroup backslash mid nmid colon ldots cdots vdots ddots "
    "dots dotsc dotsb dotsm dotsi prime backprime sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth "
    "exp log ln lg max min sup inf lim limsup liminf arg argmax argmin det dim deg ker hom gcd Pr injlim projlim "
    "varlimsup varliminf mod bmod pmod pod tr Tr rank sgn diag color textcolor textsuperscript textsubscript "
    "ensuremath nonumber iff implies impliedby hline cr hfill ce num SI si qty unit degree celsius micro angstrom "
    "mathellipsis eth hslash hbar Alpha Beta Epsilon Zeta Eta Iota Kappa Mu Nu Omicron Rho Tau Chi omicron varGamma "
    "varDelta varTheta varLambda varXi varPi varSigma varUpsilon varPhi varPsi varOmega dd dv pdv bra ket braket "
    "ketbra norm abs"
)
_ENVIRONMENTS = (
    "matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix cases dcases array aligned alignedat split gathered"
)
ENVIRONMENTS = frozenset(_ENVIRONMENTS.split())


@cache
def symbols() -> Mapping[str, str]:
    """The table from command, without its backslash, to characters, for text and mathematics."""
    table = {
        spec.macroname: text
        for spec in get_default_latex_context_db().iter_macro_specs()
        if isinstance(text := spec.simplify_repl, str) and "%" not in text and not text.isascii() and len(text) < 5
    }
    return MappingProxyType({**table, **_SYMBOLS})


@cache
def mathematics() -> frozenset[str]:
    """The commands that are allowed in an exported formula."""
    return frozenset({*symbols(), *_STRUCTURE.split()})
