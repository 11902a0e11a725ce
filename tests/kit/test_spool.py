"""Files that come without a name of their own."""

from __future__ import annotations

import pytest

from broadsheet.kit.errors import ProviderParked, SourceError
from broadsheet.kit.spool import temporary_path


def test_the_folder_is_gone_at_the_end() -> None:
    with temporary_path("refs.bib") as path:
        path.write_text("x", encoding="utf-8")
        assert path.name == "refs.bib"
    assert not path.parent.exists()


@pytest.mark.parametrize("kind", [SourceError, ProviderParked])
def test_an_error_does_not_name_the_folder(kind: type[SourceError]) -> None:
    with pytest.raises(kind) as caught, temporary_path("refs.bib") as path:
        raise kind(f"{path}: is empty; {path}:3 too")
    assert type(caught.value) is kind
    assert str(caught.value) == "refs.bib: is empty; refs.bib:3 too"


def test_other_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), temporary_path("x"):
        raise ZeroDivisionError
