"""Names of venues: which names mean the same conference or journal, and how a name is displayed.

A venue that is not in the table is compared by the words of its name, without those that change every year (numbers,
years, "Proceedings of the").
"""

from __future__ import annotations

import re
from functools import lru_cache

from broadsheet.kit.text import fold

__all__ = ["display_name", "key", "matches"]

# (display name, short names in one word each, full names in folded words separated by `|`)
_TABLE = (
    ("NeurIPS", "nips neurips", "neural information processing systems"),
    ("ICML", "icml", "international conference on machine learning"),
    ("ICLR", "iclr", "international conference on learning representations"),
    ("AAAI", "aaai", "aaai conference on artificial intelligence|national conference on artificial intelligence"),
    (
        "IJCAI",
        "ijcai",
        "international joint conference on artificial intelligence|international joint conferences on "
        "artificial intelligence",
    ),
    ("AISTATS", "aistats", "artificial intelligence and statistics"),
    ("UAI", "uai", "uncertainty in artificial intelligence"),
    ("COLT", "colt", "conference on learning theory|computational learning theory"),
    ("ALT", "alt", "algorithmic learning theory"),
    ("ACML", "acml", "asian conference on machine learning"),
    ("AutoML", "automl", "automated machine learning conference|conference on automated machine learning"),
    ("CoLM", "colm", "conference on language modeling|conference on language modelling"),
    ("CoRL", "corl", "conference on robot learning"),
    ("RSS", "rss", "robotics science and systems"),
    ("ICRA", "icra", "international conference on robotics and automation"),
    ("IROS", "iros", "international conference on intelligent robots and systems|intelligent robots and systems"),
    ("CVPR", "cvpr", "conference on computer vision and pattern recognition|computer vision and pattern recognition"),
    ("ICCV", "iccv", "international conference on computer vision"),
    ("ECCV", "eccv", "european conference on computer vision"),
    ("WACV", "wacv", "winter conference on applications of computer vision"),
    ("3DV", "3dv", "international conference on 3d vision"),
    ("BMVC", "bmvc", "british machine vision conference"),
    ("MICCAI", "miccai", "medical image computing and computer assisted intervention"),
    ("SIGGRAPH", "siggraph", "computer graphics and interactive techniques"),
    (
        "NAACL",
        "naacl",
        "north american chapter of the association for computational linguistics|north american chapter of the acl",
    ),
    ("EACL", "eacl", "european chapter of the association for computational linguistics"),
    ("AACL", "aacl", "asia pacific chapter of the association for computational linguistics"),
    ("TACL", "tacl", "transactions of the association for computational linguistics"),
    (
        "Findings of ACL",
        "",
        "findings of the association for computational linguistics|findings of acl|findings of the acl",
    ),
    ("EMNLP", "emnlp", "empirical methods in natural language processing"),
    ("ACL", "acl", "meeting of the association for computational linguistics|meeting of the acl|acl anthology"),
    ("COLING", "coling", "international conference on computational linguistics"),
    ("CoNLL", "conll", "computational natural language learning"),
    ("LREC", "lrec", "language resources and evaluation"),
    ("Interspeech", "interspeech", "conference of the international speech communication association"),
    ("ICASSP", "icassp", "acoustics speech and signal processing"),
    ("SIGIR", "sigir", "research and development in information retrieval"),
    ("ECIR", "ecir", "european conference on information retrieval|advances in information retrieval"),
    ("CIKM", "cikm", "information and knowledge management"),
    ("WSDM", "wsdm", "web search and data mining"),
    (
        "TheWebConf",
        "www thewebconf",
        "world wide web conference|international conference on world wide web|the web conference|acm web conference",
    ),
    ("RecSys", "recsys", "conference on recommender systems"),
    ("KDD", "kdd sigkdd", "knowledge discovery and data mining|knowledge discovery data mining"),
    ("ICDM", "icdm", "international conference on data mining"),
    ("SIGMOD", "sigmod", "conference on management of data|on management of data"),
    ("VLDB", "vldb pvldb", "very large data bases|vldb endowment"),
    ("ICDE", "icde", "international conference on data engineering"),
    ("CHI", "chi", "human factors in computing systems"),
    ("STOC", "stoc", "symposium on theory of computing"),
    ("FOCS", "focs", "foundations of computer science"),
    ("SODA", "soda", "symposium on discrete algorithms"),
    ("CRYPTO", "", "advances in cryptology crypto"),
    ("JMLR", "jmlr", "journal of machine learning research"),
    ("TMLR", "tmlr", "transactions on machine learning research"),
    ("TPAMI", "tpami pami", "transactions on pattern analysis and machine intelligence"),
    ("PNAS", "pnas", "national academy of sciences of the united states of america|national academy of sciences"),
    ("arXiv", "arxiv corr", "computing research repository|arxiv preprint"),
)
_SHORT = {word: name for name, words, _ in _TABLE for word in words.split()}
_SMALL = frozenset("of on and the for in".split())  # noqa: SIM905  words that abbreviated names leave out


def _padded(words: list[str]) -> str:
    """Words between spaces, and again without the small words if more than two remain, for substring search."""
    content_words = [word for word in words if word not in _SMALL]
    return f" {' '.join(words)} " + (f"| {' '.join(content_words)} " if len(content_words) > 2 else "")


_FULL = [
    (form, name) for name, _, fulls in _TABLE for full in fulls.split("|") for form in _padded(full.split()).split("|")
]
_ABBREVIATED = {
    **{
        "proc": "proceedings",
        "conf": "conference",
        "int": "international",
        "intl": "international",
        "symp": "symposium",
    },
    **{"trans": "transactions", "assoc": "association", "j": "journal", "adv": "advances", "inf": "information"},
    **{
        "anal": "analysis",
        "endow": "endowment",
        "comput": "computational",
        "linguist": "linguistics",
        "mach": "machine",
        "learn": "learning",
        "syst": "systems",
    },
    **{"intell": "intelligence", "artif": "artificial", "neural": "neural", "process": "processing", "res": "research"},
    **{
        "ann": "annual",
        "eur": "european",
        "natl": "national",
        "acad": "academy",
        "sci": "sciences",
        "recognit": "recognition",
    },
}
_GENERAL = frozenset({"conference", "international", "acm", "ieee", "anthology", "symposium", "meeting"})
_YEARLY = re.compile(
    r"\d+(?:st|nd|rd|th)?|[ivxlc]+(?=$)|(?:twenty|thirty|forty|fifty|sixty)?(?:first|second|third|fourth|"
    r"fifth|sixth|seventh|eighth|ninth)|tenth|twentieth|thirtieth|annual|proceedings|the|of|on|in|and|for|vol|volume"
)


@lru_cache(maxsize=65536)
def _table_name(text: str) -> str:
    """The display name of the venue in the table that a name means; "" if it is not in the table."""
    words = [_ABBREVIATED.get(word, word) for word in fold(text).split()]
    padded = _padded([word for word in words if not word[0].isdigit()])
    for full, name in _FULL:
        if full in padded:
            return name
    for word in words:
        short = _SHORT.get(word) or _SHORT.get(re.sub(r"(?<=[a-z])\d+$", "", word))
        if short and not (word == "acl" and "findings" in words):
            return short
    return ""


@lru_cache(maxsize=65536)
def key(text: str) -> frozenset[str]:
    """The key of a venue's name: two names mean the same venue if one key is a subset of the other."""
    if name := _table_name(text):
        return frozenset({f"={name}"})
    words = [_ABBREVIATED.get(word, word) for word in fold(text).split()]
    return frozenset(word for word in words if not _YEARLY.fullmatch(word)) or frozenset(words)


@lru_cache(maxsize=65536)
def matches(typed: str, venue: str) -> bool:
    """Whether `typed`, from a query, names the venue: it is one of its names, or words of its name."""
    words = set(fold(typed).split())
    if not words:
        return False
    if words <= set(fold(venue).split()):
        return True
    return (not _table_name(typed) or _is_whole(typed)) and key(typed) == key(venue)


def _is_whole(text: str) -> bool:
    """Whether a name is a venue of the table and nothing else: ICML 2019, Proc. of NIPS; not SIGIR Forum."""
    words = [_ABBREVIATED.get(word, word) for word in fold(text).split()]
    padded = _padded([word for word in words if not word[0].isdigit()])
    rest = [word for word in words if word not in _SHORT and word not in _GENERAL and not _YEARLY.fullmatch(word)]
    return not rest or any(full in padded for full, _ in _FULL)


def display_name(text: str) -> str:
    """A venue's name for display: a short name gets the venue's own spelling (naacl → NAACL), others are unchanged."""
    words = fold(text).split()
    names = [word for word in words if not word.isdigit()]
    if len(names) != 1 or not (name := _SHORT.get(names[0])) or not text.isascii():
        return text
    return re.sub(r"[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*", name, text, count=1)
