"""Whether a paper was retracted by its publisher or withdrawn by its authors."""

from __future__ import annotations

import re

from broadsheet.kit.paper import Paper

__all__ = ["standing"]

_WORK = r"(?:paper|article|manuscript|submission|preprint|work|document|note|report)"
_BE = r"(?:(?:is|was|has been|have been|being)\s+)?(?:(?:temporarily|now|hereby|voluntarily)\s+)?"
_TITLES = (  # Withdrawn: …   [RETRACTED] …   ** Paper retracted by author request … ** …   … (withdrawn)
    re.compile(
        rf"\W*(?:{_WORK}\s+)?(retracted|withdrawn)(?:\s+(?:{_WORK}|by\b[^:*\]]*))?\s*(?:[\])*:]|\s[–—-]\s)", re.I
    ),
    re.compile(r".*[\[(]\s*(retracted|withdrawn)\b[^\])]*[\])]\W*\Z", re.I | re.S),
    re.compile(r"\W*(retracted|withdrawn)\W*\Z", re.I),
)
_COMMENTS = re.compile(
    rf"\A\W*(?:has\s+been\s+|temporarily\s+)?withdrawn\b|\b(?:this|the)\s+{_WORK}\s+{_BE}withdrawn\b"
    rf"|\A\W*{_WORK}\s+{_BE}withdrawn\b|\bwithdrawn\s+by\s+(?:the\s+|its\s+|an\s+)?(?:author|submitter|arxiv)"
    rf"|\bwithdr(?:aw|ew|awn)\s+(?:this|the)\s+{_WORK}\b",
    re.I,
)
_ABSTRACT = re.compile(rf"\W*(?:(?:this|the)\s+{_WORK}\s+{_BE}withdrawn\b|withdrawn\s+by\b|withdrawn\W*\Z)", re.I)


def standing(paper: Paper) -> str:
    """ "retracted" or "withdrawn" if the record, title, comments or start of the abstract say so; else ""."""
    if paper.is_retracted:
        return "retracted"
    lower = paper.title.lower()
    if "retracted" in lower or "withdrawn" in lower:
        for pattern in _TITLES:
            if match := pattern.match(paper.title):
                return match[1].lower()
    in_comments = "withdr" in paper.comments.lower() and _COMMENTS.search(paper.comments)
    return "withdrawn" if in_comments or _ABSTRACT.match(paper.abstract) else ""
