"""What is kept as arrays goes to a file and comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
import pytest

from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from broadsheet.kit.persistence import Persistent


class Sum(Persistent):
    """A number beside which another is given."""

    def __init__(self, value: float, more: float = 0) -> None:
        self.value, self.more = value, more

    def to_arrays(self) -> dict[str, np.ndarray]:
        return {"value": np.array([self.value])}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray], more: float = 0) -> Self:
        (value,) = arrays["value"].tolist()
        return cls(value, more)


class Other(Sum):
    KIND = "other"
    VERSION = 2


def test_a_file_says_what_it_holds_and_comes_back_with_what_is_given(tmp_path: Path) -> None:
    Sum(1.5).save(tmp_path / "a.bin", meta={"from": "a test"})
    again = Sum.load(str(tmp_path / "a.bin"), more=2)
    assert (type(again), again.value, again.more) == (Sum, 1.5, 2)
    assert artifacts.read(tmp_path / "a.bin", method="test_persistence", version=1).meta == {"from": "a test"}
    assert (Sum.kind(), Other.kind()) == ("test_persistence", "other")


def test_what_cannot_be_loaded_is_said_with_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with pytest.raises(CorruptFile, match=r"a\.bin: the file is missing; save it again"):
        Sum.load(path)
    Sum(1.5).save(path)
    with pytest.raises(CorruptFile, match=r"holds test_persistence v1, wanted other v2\); train it"):
        Other.load(path, fix="train it")
    artifacts.write(path, {"value": np.zeros(2)}, method="test_persistence", version=1)
    with pytest.raises(CorruptFile, match=r"a\.bin: no usable Sum \(too many values"):
        Sum.load(path)
    with pytest.raises(OSError, match="none"):
        Sum(1.5).save(tmp_path / "none" / "a.bin")
    path.write_bytes(b"something else")
    with pytest.raises(CorruptFile, match="not a Broadsheet file"):
        Sum.load(path)
