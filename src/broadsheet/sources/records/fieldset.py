"""The fields of one record by tag. Reading a field removes it; the remaining fields go to `extra`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from broadsheet.sources.text.clean import clean, plain_text, unescape_entities

__all__ = ["FieldSet"]


def _verbatim(text: str) -> str:
    """Clean one line of an identifier or address: character references are resolved, angle brackets stay."""
    return clean(unescape_entities(text))


class FieldSet:
    """Values by tag, in the order of the record; a value is a tuple of lines."""

    def __init__(self, pairs: Iterable[tuple[str, Sequence[str]]]) -> None:
        self._pairs = [
            (tag, tuple(nonblank)) for tag, lines in pairs if (nonblank := [line for line in lines if line.strip()])
        ]

    def take(self, *tags: str) -> list[tuple[str, tuple[str, ...]]]:
        """Remove and return every (tag, lines) of these tags, in the order of the record."""
        pairs = [pair for pair in self._pairs if pair[0] in tags]
        self._pairs = [pair for pair in self._pairs if pair[0] not in tags]
        return pairs

    def texts(self, *tags: str) -> list[str]:
        """Remove and return every value of these tags as one line of plain text, in the order of the tags."""
        values = self.take(*tags)
        texts = (plain_text(" ".join(lines)) for name in tags for tag, lines in values if tag == name)
        return [text for text in texts if text]

    def lines(self, *tags: str) -> list[str]:
        """Remove and return every line of these tags, verbatim, in the order of the tags."""
        values = self.take(*tags)
        lines = (_verbatim(line) for name in tags for tag, lines in values if tag == name for line in lines)
        return [line for line in lines if line]

    def first(self, *tags: str) -> str:
        """The value of the first of these tags that is set. It is removed from all of them; other values stay."""
        value = next((text for tag in tags for text in self.peek(tag)), "")
        if value:
            self.discard(value, *tags)
        return value

    def peek(self, *tags: str) -> list[str]:
        """Every value of these tags as plain text, in the order of the record; nothing is removed."""
        return [text for tag, lines in self._pairs if tag in tags and (text := plain_text(" ".join(lines)))]

    def peek_lines(self, tag: str) -> list[str]:
        """Every line of this tag, verbatim; nothing is removed."""
        return [_verbatim(line) for name, lines in self._pairs if name == tag for line in lines]

    def discard(self, text: str, *tags: str) -> None:
        """Remove the values of these tags that are equal to `text`."""
        self._pairs = [
            (tag, lines) for tag, lines in self._pairs if tag not in tags or plain_text(" ".join(lines)) != text
        ]

    def put(self, tag: str, values: Iterable[str]) -> None:
        """Add values under a tag, such as those that were removed but not used."""
        self._pairs += [(tag, (value,)) for value in values if value]

    def rest(self) -> dict[str, list[str]]:
        """Every remaining value, verbatim, by tag."""
        values: dict[str, list[str]] = {}
        for tag, lines in self._pairs:
            if text := _verbatim(" ".join(lines)):
                values.setdefault(tag, []).append(text)
        return values
