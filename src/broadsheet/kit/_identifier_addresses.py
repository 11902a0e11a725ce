"""Reads a paper's identifier from a web address: arXiv and its mirrors, DOI resolvers, publishers, catalogues.

Host names match with dots or hyphens and with any suffix, because library proxies write `doi-org.proxy.example.edu`
and `dl.acm.org.proxy.example.edu`.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

__all__ = ["may_identify", "read_address"]

_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*:?/{1,2}|//)?(?:[^\s/@]*@)?[\w-]+(?:\.[\w-]+)+(?::\d+)?[/?:]\s?\S+", re.I)
_RESOLVER = re.compile(r"doi[.-]org", re.I)
_BROKEN_RESOLVER = re.compile(r"(doi\.org/)\s+(?=\S)", re.I)

_MIRRORS = re.compile(
    r"arxiv|alphaxiv|ar5iv|xxx\.lanl\.gov|(?:huggingface[.-]co|[/.]hf[.-]co|hf\.co|emergentmind[.-]com|papers\.cool)\b.*?/|scirate",
    re.I,
)
_ARXIV = re.compile(
    r"(?:(?<=[/=:.])|(?<=arxiv[-_ ]))((?:\d{4}\.\d{4,6}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d{1,4})?)"
    r"(?=(?:\.pdf|\.html?|\.txt|\.md)?(?:$|[/?#&\s)\]]))",
    re.I | re.A,
)
_BIBCODE = re.compile(r"adsabs.*/\d{4}arxiv(\d{4})(\d{5})[a-z.]", re.I | re.A)
_DOI_START = re.compile(r"(?<![\w.])10\.\d{4,9}(?:\.\d+)*/", re.A)
_ESCAPED = (("%252f", "/"), ("%2f", "/"), ("%253a", ":"), ("%3a", ":"), ("%3d", "="), ("%20", " "))
_TAILS = re.compile(  # suffixes that publishers add to a DOI
    r"(?:[./](?:full|fulltext|full-text|fulltextpdf|abstract|abs|short|long|pdf|pdfdirect|pdfplus|epdf|epub|html?|meta|"
    r"references|summary|xml|figures|tables|citations?|cited-by|(?:article-)?metrics|download|supp(?:l|info|lementary)?"
    r"(?:[-_][a-z]+)?|related|issuetoc|otherversions)(?:[./?].*)?|\.s\d{3})$",
    re.I,
)
_OXFORD = re.compile(r"/\d{5,}$")
_BY_SCHEME = r"(?:semanticscholar|openalex|identifiers)[.-]org\S*?/"  # API addresses: …/pmid:123
_SITES = (  # (host and path, scheme, value)
    (r"nature[.-]com\S*?/articles/([a-z][\w-]+)", "doi", "10.1038/{}"),
    (r"nature[.-]com\S*?/journal/v\d+/n\d+/(?:full|abs|pdf)/([a-z][\w-]+(?:\.\d{4}\.\d+)?)", "doi", "10.1038/{}"),
    (r"elifesciences[.-]org\S*?/(?:articles|reviewed-preprints)/(\d{4,6})", "doi", "10.7554/elife.{}"),
    (r"peerj[.-]com\S*?/articles/(\d{1,6})(?=$|[/.?#])", "doi", "10.7717/peerj.{}"),
    (r"peerj[.-]com\S*?/articles/cs-(\d{1,6})(?=$|[/.?#])", "doi", "10.7717/peerj-cs.{}"),
    (r"zenodo[.-]org\S*?/records?/(\d{1,10})", "doi", "10.5281/zenodo.{}"),
    (r"preprints[.-]org\S*?/manuscript/(\d{6}\.\d{4})/(v\d+)", "doi", "10.20944/preprints{}.{}"),
    (r"dl[.-]acm[.-]org\S*?[?&]doid=(\d+\.\d+)", "doi", "10.1145/{}"),
    (
        r"openreview[.-]net\S*?/(?:forum|pdf|attachment|revisions|notes|references)\?"
        r"(?:\S*?&)?(?:id|forum|referent)=([\w-]{4,80})",
        "openreview", "{}",
    ),
    (
        r"(?:acl-?anthology[.-](?:org|info|coli)|aclweb[.-]org/anthology)\S*?/"
        r"([a-z]\d{2}-\d{4,5}|(?:19|20)\d{2}\.[a-z0-9_]+-[a-z0-9_]+\.\d+)(?=$|v\d|[./?#])",
        "acl", "{}",
    ),
    (r"openalex[.-]org\S*?/(w\d{1,15})(?=$|[/?#])", "openalex", "{}"),
    (r"semanticscholar[.-]org\S*?[/:](corpusid:\d{1,12})(?=$|[/?#])", "s2", "{}"),
    (r"pdfs[.-]semanticscholar[.-]org\S*?/([0-9a-f]{4})/([0-9a-f]{36})\.pdf", "s2", "{}{}"),
    (rf"{_BY_SCHEME}(?:pmid|pubmed):0*(\d{{1,9}})(?=$|[/?#])", "pmid", "{}"),
    (rf"{_BY_SCHEME}(?:pmcid|pmc):(?:pmc)?(\d{{3,9}})(?=$|[/?#])", "pmcid", "PMC{}"),
    (
        r"semanticscholar[.-]org\S*?/paper/acl:"
        r"([a-z]\d{2}-\d{4,5}|(?:19|20)\d{2}\.[a-z0-9_]+-[a-z0-9_]+\.\d+)(?=$|[/?#])",
        "acl", "{}",
    ),
    (r"semanticscholar[.-]org\S*?/([0-9a-f]{40})(?=$|[/?#])", "s2", "{}"),
    (r"pubmed[.-]ncbi[.-]nlm[.-]nih[.-]gov\S*?/(?:\?term=)?0*(\d{1,9})(?=$|[/?#&])", "pmid", "{}"),
    (r"ncbi[.-]nlm[.-]nih[.-]gov\S*?/(?:pubmed|m/pubmed)/(?:\?term=)?0*(\d{1,9})(?=$|[/?#&])", "pmid", "{}"),
    (r"europepmc[.-]org\S*?/(?:article|abstract|articles)/med/0*(\d{1,9})(?=$|[/?#])", "pmid", "{}"),
    (r"(?:ncbi[.-]nlm[.-]nih[.-]gov|europepmc[.-]org)\S*?(?:/|accid=)(pmc\d{3,9})(?=$|[./?#&])", "pmcid", "{}"),
    (r"ncbi[.-]nlm[.-]nih[.-]gov\S*?/pmc/articles/(\d{3,9})(?=$|[/?#])", "pmcid", "PMC{}"),
    (
        r"(?:bio|med)rxiv[.-]org\S*?/(?:early/\d{4}/\d{2}/\d{2}|cgi/content/[a-z]+)/"
        r"((?:\d{4}\.\d{2}\.\d{2}\.)?\d{6,8})(?=$|v\d|[./?#])",
        "doi", "10.1101/{}",
    ),
)  # fmt: skip
_RULES = tuple((re.compile(pattern, re.I | re.A), scheme, value) for pattern, scheme, value in _SITES)
# An address without any of these words matches no pattern of a mirror or a site. Most addresses have none, and a search
# for words takes a tenth of the time of the patterns.
_MIRROR_WORDS = (
    "arxiv",
    "alphaxiv",
    "ar5iv",
    "lanl",
    "huggingface",
    "hf.co",
    "hf-co",
    "emergentmind",
    "papers.cool",
    "scirate",
)
_SITE_WORDS = (
    *("nature", "elifesciences", "peerj", "zenodo", "preprints", "dl.acm", "dl-acm", "openreview", "anthology"),
    *("openalex", "semanticscholar", "pubmed", "ncbi", "europepmc", "identifiers", "rxiv"),
)
_HINTS = ("10.", *_MIRROR_WORDS, *_SITE_WORDS, *"&\\{$<")  # the last five are markup, which may hide any of the others


def may_identify(address: str) -> bool:
    """Whether an address, in any notation, can hold an identifier: a quick look that rules out most addresses."""
    return not address.isascii() or _contains_any(address, _HINTS)


def read_address(text: str) -> tuple[str, str] | None:
    """(scheme, bare identifier) in an address, not yet in canonical form; None if there is none.

    The caller still parses the values of `arxiv` and `doi` by the grammar of bare identifiers.
    """
    text = _BROKEN_RESOLVER.sub(r"\1", text)
    if not _ADDRESS.fullmatch(text):
        return None
    if identifier := _arxiv(text):
        return "arxiv", identifier
    if identifier := _doi(text):
        return "doi", identifier
    for pattern, scheme, form in _RULES if _contains_any(text, _SITE_WORDS) else ():
        if match := pattern.search(text):
            return scheme, form.format(*match.groups())
    return None


def _contains_any(text: str, words: tuple[str, ...]) -> bool:
    return any(map(text.lower().__contains__, words))


def _arxiv(text: str) -> str:
    if not _contains_any(text, _MIRROR_WORDS) or not _MIRRORS.search(text):
        return ""
    if match := _BIBCODE.search(text):
        return f"{match[1]}.{match[2]}"
    match = _ARXIV.search(unquote(unquote(text)))
    return match[1] if match else ""


def _doi(text: str) -> str:
    decoded = text
    if "%" in text:
        for code, char in _ESCAPED:
            decoded = re.sub(code, char, decoded, flags=re.I)
    match = _DOI_START.search(decoded)
    if not match:
        return ""
    while next_match := _DOI_START.match(decoded, match.end()):  # of `10.x/10.x/…` the last prefix counts
        match = next_match
    value = decoded[match.start() :]
    in_query = "?" in decoded[: match.start()]
    value = _cut(value, "?&#" if in_query else "?#")
    value = unquote(unquote(value)).strip()
    if not _RESOLVER.search(decoded[: match.start()]):
        value = _TAILS.sub("", value)
        if "oup" in decoded[: match.start()]:
            value = _OXFORD.sub("", value)
    return value.split()[0] if value.split() else ""


def _cut(text: str, signs: str) -> str:
    """Cut a text at the first of these characters; a `#` that ends a SICI (`CO;2-#`) belongs to the text."""
    for place, char in enumerate(text):
        if char in signs and not (char == "#" and text[:place].endswith(";2-")):
            return text[:place]
    return text
