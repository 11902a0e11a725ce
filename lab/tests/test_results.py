"""Every result is of today's source, in one format, and no claim passes for the paper's that is not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from broadsheet.kit.card import FIDELITIES
from broadsheet.kit.errors import UsageError
from broadsheet.methods import Method, methods
from broadsheet_lab.bench import METHODS, every
from broadsheet_lab.methods_page import lab_methods, read_results
from broadsheet_lab.provenance import UNHASHED, changed, files_of, fingerprint, is_clean, sources

RESULTS = read_results(Path(__file__).parents[1] / "results")
EVERY = [*methods(), *lab_methods()]

# Measured before sources were hashed: measure again or delete, and take the name out. None comes in.
OLD = frozenset({"transformer"})


@pytest.mark.parametrize("method", [m for m in EVERY if m.name in RESULTS], ids=lambda method: method.name)
def test_no_result_is_older_than_its_source(method: Method) -> None:
    why = changed(RESULTS[method.name], method.path)
    if method.name in OLD:
        assert why == UNHASHED, "measured again: take the name out of OLD"
    else:
        assert not why, f"measure again: python -m broadsheet_lab.bench {method.name}"


def test_the_old_results_are_there() -> None:
    assert RESULTS.keys() >= OLD, "deleted: take the names out of OLD"


def test_an_interval_has_one_name() -> None:
    for name, result in RESULTS.items():
        text = json.dumps(result)
        assert "interval_95%" not in text, name
        assert "_interval" not in text, name
        for claim in result.get("claims", ()):
            assert not claim.keys() - {
                *("dataset", "metric", "value", "lower_is_better", "interval"),
                *("n", "seeds", "baseline", "rival", "detail"),
            }, (name, claim["metric"])


@pytest.mark.parametrize("method", EVERY, ids=lambda method: method.name)
def test_a_card_is_graded_and_a_claim_on_our_papers_is_ours(method: Method) -> None:
    assert method.card.fidelity in FIDELITIES
    for claim in method.card.claims:
        assert claim.ours or not claim.dataset.startswith("papers.parquet"), claim.metric
        assert claim.ours or claim.where != "ours", claim.metric
        numbered = re.search(r"\d[\d,]* papers", claim.dataset) or not claim.dataset.startswith("papers.parquet")
        assert numbered, f"{claim.dataset}: on how many papers?"
    if any(claim.ours for claim in method.card.claims):
        assert method.name in METHODS or method.name in every(), "nothing measures it"


def _written(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_only_what_changes_a_figure_changes_the_hash(tmp_path: Path) -> None:
    plain = 'x = 1  # "é"\n\n\ndef f(y: int) -> int:\n    return y + x\n'
    reworded = (
        '"""A module."""\nimport os\nfrom a import (\n    b,  # c\n)\n\nCARD = Card("a",\n    claims=(1, 2))\nx = 1\n'
        'def f(y: int) -> int:\n    """Adds é."""; import re\n    # é\n    return y + x\n'
    )
    first = fingerprint(_written(tmp_path, "a", plain))
    assert fingerprint(_written(tmp_path, "b", reworded.replace("; import re", ""))) == first
    assert fingerprint(_written(tmp_path, "c", plain.replace("y + x", "y - x"))) != first


def test_the_files_of_a_method_are_its_own_its_helpers_and_the_benchmarks() -> None:
    squash = next(method for method in EVERY if method.name == "squash")
    files = files_of(squash.path, ["broadsheet_lab.bench.codes.squash"])
    assert {"broadsheet_lab.bench.codes.squash", "broadsheet_lab.indexes.squash", "broadsheet_lab.indexes._osq"} < set(
        files
    )
    assert not {name for name in files if name.startswith("broadsheet.") or ".bench.report" in name}
    with pytest.raises(UsageError, match=r"no module 'broadsheet_lab\.bench\.gone'"):
        files_of(squash.path, ["broadsheet_lab.bench.gone"])


def test_a_result_says_why_it_is_old(tmp_path: Path) -> None:
    path = _written(tmp_path, "toy", "x = 1\n")
    result = {"sources": sources(path, ()), "bench": []}
    assert changed(result, path) == ""
    assert changed({}, path) == UNHASHED
    _written(tmp_path, "toy", "x = 2\n")
    assert changed(result, path) == "changed since it was measured: toy"
    assert not is_clean([path])  # nobody committed it
