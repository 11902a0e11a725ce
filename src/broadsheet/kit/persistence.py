"""`save` and `load` for whatever is kept as arrays."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile

__all__ = ["Persistent"]


class Persistent:
    """Adds `save` and `load` to a class that has `to_arrays` and `from_arrays`.

    The file is that of `kit.artifacts`. It says what it holds: `KIND`, which is the name of the class's module where a
    class does not set it, and `VERSION`, which is raised when arrays get another meaning.
    """

    __slots__ = ()
    KIND: ClassVar[str] = ""
    VERSION: ClassVar[int] = 1

    def save(self, path: str | os.PathLike[str], *, meta: Mapping[str, Any] | None = None) -> None:
        """Write what was learned to one file, whole or not at all. Raises OSError if it cannot be written."""
        whole: Any = self
        header = {**self._header(), **(meta or {})}
        artifacts.write(Path(path), whole.to_arrays(), method=self.kind(), version=self.VERSION, meta=header)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, fix: str = "save it again", verify: bool = True, **given: Any
    ) -> Self:
        """The object again; `given` is what `from_arrays` wants beside the arrays, such as a base model.

        Raises CorruptFile, naming the file and the `fix`, if it is missing, cut short, damaged, of another class or
        version, or if its arrays do not fit together. `verify=False` trusts the bytes of the arrays.
        """
        artifact = artifacts.read(Path(path), method=cls.kind(), version=cls.VERSION, verify=verify, fix=fix)
        try:
            again: Self = cls._restored(artifact, Path(path), **given)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise CorruptFile(f"{path}: no usable {cls.__name__} ({error}); {fix}") from error
        return again

    def _header(self) -> Mapping[str, Any]:
        """What the file says beside the arrays."""
        return {}

    @classmethod
    def _restored(cls, artifact: artifacts.Artifact, path: Path, **given: Any) -> Self:  # noqa: ARG003
        """The object from the content of the file at `path`."""
        whole: Any = cls
        again: Self = whole.from_arrays(artifact.arrays, **given)
        return again

    @classmethod
    def kind(cls) -> str:
        """What a file says that it holds."""
        return cls.KIND or cls.__module__.rpartition(".")[2].lstrip("_")
