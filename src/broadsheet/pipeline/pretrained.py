"""The pretrained models in the package: the encoder and the ranker's weights."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from broadsheet.encoders.contract import NamedEncoder
from broadsheet.encoders.static import StaticEncoder
from broadsheet.explanation.sentence_roles import ROLES, SentenceRoles
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from broadsheet.ranking.contract import Reader
from broadsheet.ranking.listnet import ListNet

__all__ = [
    "ELSEWHERE",
    "ENCODER",
    "FEED",
    "FEED_METRIC",
    "FOLDER",
    "RANKER",
    "RANKER_WITH_VECTORS",
    "READER",
    "REINSTALL",
    "ROLES_FILE",
    "TRANSFORMER",
    "TUNED",
    "VERSION",
    "WITH_VECTORS",
    "current_encoder",
    "fix_of",
    "read_encoder",
    "read_ranker",
    "read_reader",
    "read_sentence_roles",
    "read_transformer",
]

VERSION = 1
FOLDER = Path(__file__).parent.parent / "models"
ENCODER = FOLDER / "encoder.bin"
RANKER = FOLDER / "ranker.bin"
TRANSFORMER = FOLDER / "transformer.bin"
READER = FOLDER / "reader.bin"
RANKER_WITH_VECTORS = FOLDER / "ranker_vectors.bin"
FEED = FOLDER / "feed.bin"
FEED_METRIC = FOLDER / "feed_metric.bin"
TUNED = "encoder.bin"  # in the folder of a library
ROLES_FILE = "sentence_roles.bin"  # beside the package's models, or in the folder of a library
WITH_VECTORS = "vectors."  # begins the names of the feed's weights for papers with vectors
ELSEWHERE = "elsewhere"  # the array of a ranker's weights for papers of fields that the encoder does not know
REINSTALL = "install broadsheet again"

M = TypeVar("M")
_LOG = logging.getLogger(__name__)


def read_encoder(path: Path, *, fix: str = REINSTALL, verify: bool = True) -> StaticEncoder:
    """Read an encoder file. Raises CorruptFile naming the file and the fix if it is missing, damaged or too new."""
    return StaticEncoder.load(path, verify=verify, fix=fix)


@lru_cache(maxsize=16)
def read_ranker(features: tuple[str, ...], path: Path = RANKER, familiarity: float = 1.0) -> ListNet:
    """Read the weights of these features from a file; cached. Raises CorruptFile as `read_encoder` does.

    `familiarity` is how well the encoder knows the field of the papers: a file may have weights for papers of its own
    field and weights for papers elsewhere, which are mixed by it.
    """
    artifact = artifacts.read(path, method="listnet", version=VERSION, fix=REINSTALL)
    try:
        ranker, names = ListNet.from_arrays(artifact.arrays), artifact.meta["features"]
        if names != list(features) or len(names) != len(ranker.weights_):
            raise ValueError(f"it weighs {names}")
        if ELSEWHERE not in artifact.arrays:
            return ranker
        return ranker.mixed(ListNet.from_arrays({"weights": artifact.arrays[ELSEWHERE]}), familiarity)
    except (ValueError, KeyError) as error:
        raise CorruptFile(f"{path}: no usable weights ({error}); {REINSTALL}") from error


def current_encoder(library: Path) -> Path:
    """The encoder file for a library's papers: its own if it was tuned, else the package's."""
    own = library / TUNED
    return own if own.exists() else ENCODER


def fix_of(encoder: Path) -> str:
    """The fix to name when this encoder cannot be read."""
    return (
        REINSTALL if encoder == ENCODER else f"delete it, or run `broadsheet --library {encoder.parent} train library`"
    )


def read_sentence_roles(folder: Path | None = None) -> SentenceRoles:
    """Read the sentence roles of the library in `folder`, else those of the package. Raises CorruptFile."""
    own = folder / ROLES_FILE if folder else None
    path = own if own and own.is_file() else FOLDER / ROLES_FILE
    fix = "delete it to use the one that comes with Broadsheet" if path == own else REINSTALL
    fix = f"{fix}, or run `broadsheet train roles --data FILE`"
    artifact = artifacts.read(path, method="sentence_roles", version=VERSION, fix=fix)
    try:
        if artifact.meta.get("roles") != list(ROLES):
            raise ValueError(f"its roles are {artifact.meta.get('roles')}, wanted {list(ROLES)}")
        return SentenceRoles.from_arrays(artifact.arrays)
    except (ValueError, KeyError) as error:
        raise CorruptFile(f"{path}: no usable model ({error}); {fix}") from error


@lru_cache(maxsize=1)
def read_transformer() -> NamedEncoder | None:
    """The model that makes the vectors of papers and queries; cached.

    None, with one line in the log, if its file is missing, cut or of another version: everything works without.
    """
    from broadsheet.encoders.transformer import Transformer

    return _if_usable(
        lambda: Transformer.load(TRANSFORMER, fix=REINSTALL), "papers and queries are not compared by vectors"
    )


@lru_cache(maxsize=1)
def read_reader() -> Reader | None:
    """The model that reads the first papers of a search; cached. None as `read_transformer`."""
    from broadsheet.ranking.cross_encoder import CrossEncoder

    fix = f"{REINSTALL}, or make it by `python -m broadsheet_lab.train reader`"
    return _if_usable(lambda: CrossEncoder.load(READER, fix=fix), "searches do not read papers")


def _if_usable(read: Callable[[], M], without: str) -> M | None:
    """What `read` returns; None, with a line in the log that says what goes on `without` it, if it cannot be read."""
    try:
        return read()
    except (CorruptFile, OSError) as error:
        _LOG.warning("%s: %s", without, error)
        return None
