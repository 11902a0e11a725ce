"""The lists that several faces read: export formats and what a reader can do with a paper."""

import pytest

from broadsheet.catalogue.events import KINDS
from broadsheet.kit.errors import UsageError
from broadsheet.kit.export_formats import ExportFormat
from broadsheet.kit.reader_actions import RATINGS, ReaderAction
from broadsheet.sources.export import WRITERS


def test_each_format_has_a_label_an_ending_and_a_writer() -> None:
    assert [(form.value, form.label, form.ending) for form in ExportFormat] == [
        ("bibtex", "BibTeX", "bib"),
        ("ris", "RIS", "ris"),
        ("csl", "CSL-JSON", "json"),
        ("csv", "CSV", "csv"),
        ("json", "JSON", "json"),
        ("jsonl", "JSON lines", "jsonl"),
    ]
    assert list(WRITERS) == list(ExportFormat)


def test_a_name_that_is_no_format_is_refused_with_those_there_are() -> None:
    assert ExportFormat.named("ris") is ExportFormat.RIS
    with pytest.raises(UsageError, match="no export format 'docx'; there are bibtex, ris, csl, csv, json, jsonl"):
        ExportFormat.named("docx")


def test_each_action_is_a_kind_of_event() -> None:
    assert ("impression", *(action.value for action in ReaderAction)) == KINDS
    with pytest.raises(UsageError, match="no action 'like'; there are open, save, unsave, up,"):
        ReaderAction.named("like")


def test_only_an_opened_paper_cannot_be_undone_and_only_tags_take_a_value() -> None:
    assert [action.value for action in ReaderAction if not action.can_be_undone] == ["open"]
    assert [action.value for action in ReaderAction if action.takes_value] == ["tag", "untag"]
    assert {action.value: rating for action, rating in RATINGS.items()} == {"up": 1, "down": -1, "unrate": 0}


@pytest.mark.parametrize("action", [action for action in ReaderAction if action.can_be_undone])
def test_a_page_names_the_paper_in_both_sentences(action: ReaderAction) -> None:
    assert action.notice.count("{what}") == 1
    assert action.undone.count("{what}") == 1
    assert ("{value}" in action.outcome) == action.takes_value
