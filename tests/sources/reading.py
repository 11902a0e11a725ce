"""Helpers of the file source tests: bytes in, items out, through a real file."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Paper, Record, Rejected
from broadsheet.sources.contract import FileSource, Item

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"
fuzz = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(source: FileSource, data: bytes | str, name: str = "sample") -> list[Item]:
    """Everything the source reads from a file of these contents."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (name if "." in name else name + source.suffixes[0])
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return list(source.read(path))


def papers(items: list[Item]) -> list[Paper]:
    return [item.paper for item in items if isinstance(item, Record)]


def rejections(items: list[Item]) -> list[Rejected]:
    return [item for item in items if isinstance(item, Rejected)]


def survives(source: FileSource, data: bytes) -> None:
    """No input raises anything but SourceError, and what comes out can be stored."""
    try:
        items = read(source, data)
    except SourceError:
        return
    for item in items:
        if isinstance(item, Record):
            assert item.paper.title
            assert item.paper.title == item.paper.title.strip()
            repr(item).encode()  # no lone surrogates
        else:
            assert item.reason
            assert item.place
            assert len(item.raw) <= 2000
            item.raw.encode()


def mutations(sample: bytes) -> st.SearchStrategy[bytes]:
    """The sample with pieces cut out, doubled, moved, or overwritten."""

    def mutate(seed: int) -> bytes:
        rng, data = random.Random(seed), bytearray(sample)
        for _ in range(rng.randint(1, 6)):
            start = rng.randrange(len(data) + 1)
            stop = min(len(data), start + rng.choice((1, 1, 2, 8, 60)))
            action = rng.randrange(5)
            if action == 0:
                del data[start:stop]
            elif action == 1:
                data[start:start] = data[start:stop]
            elif action == 2:
                data[start:stop] = bytes(rng.randrange(256) for _ in range(stop - start))
            elif action == 3:
                data[start:start] = rng.choice(
                    [b"{", b"}", b'"', b"\\", b"<", b">", b"&", b"@", b"\n", b"\0", b"[", b"\xff"]
                )
            else:
                del data[rng.randrange(len(data) + 1) :]
        return bytes(data)

    return st.integers(0, 2**32).map(mutate)


anything = st.one_of(st.binary(max_size=400), st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace")))
