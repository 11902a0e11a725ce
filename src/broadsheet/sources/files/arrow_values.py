"""Converts Arrow columns to Python values. A value that cannot be converted does not affect the others.

This module imports pyarrow; it is imported only when a Parquet file is read.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pyarrow as pa

from broadsheet.sources.text.clean import decode

__all__ = ["to_python"]

_MAX_HEX = 64  # bytes of a binary value (a UUID, a digest) that is kept; a longer one is a picture or a vector
_UNITS = {pa.date32(): "days", pa.date64(): "ms"}
_UNREADABLE = (ArithmeticError, ValueError, LookupError, TypeError, NotImplementedError, ImportError)


def to_python(column: pa.Array) -> list[Any]:
    """The column as Python values, the same with or without pandas installed.

    Nanoseconds are cut to microseconds, and bytes that hold text become text. A date or time outside Python's range
    becomes text. Lists of texts are slices of one flat list, which is several times faster than row by row.
    """
    try:
        values = _all_values(_cast(column))
    except _UNREADABLE:
        values = [_value_or_none(scalar) for scalar in column]
    return [_with_texts(value) for value in values] if _holds_bytes(column.type) else values


def _all_values(column: pa.Array) -> list[Any]:
    if pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
        flat = column.values.to_pylist()
        return [flat[start:end] for start, end in pairwise(column.offsets.to_pylist())]
    return list(column.to_pylist())


def _cast(values: Any) -> Any:
    """An array or scalar cast to a type that Python has; unchanged if it already has one."""
    kind = _python_type(values.type)
    return values if kind == values.type else values.cast(kind, safe=False)


def _python_type(kind: pa.DataType) -> pa.DataType:
    types = pa.types
    if types.is_dictionary(kind):
        return _python_type(kind.value_type)
    if types.is_list(kind) or types.is_large_list(kind):
        item = kind.value_field.with_type(_python_type(kind.value_type))
        return pa.list_(item) if types.is_list(kind) else pa.large_list(item)
    if types.is_fixed_size_list(kind):
        return pa.list_(kind.value_field.with_type(_python_type(kind.value_type)), kind.list_size)
    if types.is_struct(kind):
        return pa.struct([field.with_type(_python_type(field.type)) for field in _fields(kind)])
    if types.is_map(kind):
        return pa.map_(_python_type(kind.key_type), _python_type(kind.item_type))
    if types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    return {pa.duration("ns"): pa.duration("us"), pa.time64("ns"): pa.time64("us"), pa.float16(): pa.float32()}.get(
        kind, kind
    )


def _fields(kind: pa.DataType) -> list[pa.Field]:
    return [kind.field(position) for position in range(kind.num_fields)]


def _value_or_none(scalar: Any) -> Any:
    try:
        return _value(scalar)
    except _UNREADABLE:
        return None


def _value(scalar: Any) -> Any:
    """One value; the parts of it that cannot be converted become None."""
    kind = scalar.type
    if not scalar.is_valid:
        return None
    if pa.types.is_dictionary(kind) or isinstance(kind, pa.BaseExtensionType):
        return _value(scalar.value)
    if pa.types.is_struct(kind):
        return {name: _value_or_none(part) for name, part in scalar.items()}
    if pa.types.is_map(kind):
        return [tuple(_value(part).values()) for part in scalar.values]
    if pa.types.is_nested(kind):  # every kind of list
        return [_value_or_none(part) for part in scalar.values]
    try:
        return _cast(scalar).as_py()
    except _UNREADABLE:
        return _as_text(scalar)


def _as_text(scalar: Any) -> Any:
    """The text of a value that Python has no type for, such as the day `29349-01-26` or damaged UTF-8."""
    kind = scalar.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return decode(scalar.as_buffer().to_pybytes())
    if pa.types.is_timestamp(kind):
        if kind.tz:
            return _value(scalar.cast(pa.timestamp(kind.unit)))  # in UTC if the zone is unknown here
        return f"{scalar.cast(pa.int64()).as_py()} {kind.unit} since 1970-01-01"
    text = scalar.cast(pa.string()).as_py()
    return f"{scalar.value} {_UNITS[kind]} since 1970-01-01" if text.startswith("<") and kind in _UNITS else text


def _holds_bytes(kind: pa.DataType) -> bool:
    """Whether values of the type are or contain bytes."""
    if pa.types.is_dictionary(kind):
        return _holds_bytes(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return _holds_bytes(kind.storage_type)
    return "binary" in str(kind)


def _with_texts(value: Any) -> Any:
    """The value with bytes replaced by text; by hexadecimal digits if they are not text but few, else by None."""
    if isinstance(value, bytes):
        return _text_in(value) or (value.hex() if len(value) <= _MAX_HEX else None)
    if isinstance(value, dict):
        return {name: _with_texts(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_texts(part) for part in value]
    return value


def _text_in(data: bytes) -> str:
    """Decode bytes as UTF-8, or as another encoding if most characters are plain letters; "" if they are not text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = decode(data)
        if 2 * sum(char.isascii() and (char.isalpha() or char == " ") for char in text) < len(text):
            return ""
    return "" if any(char < " " and not char.isspace() for char in text) else text
