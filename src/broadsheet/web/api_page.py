"""Turns the API's OpenAPI description into the content of its page: routes, parameters, examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

__all__ = ["Endpoint", "Parameter", "endpoints_by_tag"]

_EXAMPLES = {  # a parameter's or field's name -> a value that works
    "q": "late interaction year:2020..",
    "like": "2004.12832",
    "not": "17",
    "paper": "2004.12832",
    "papers": ["2004.12832", "17"],
    "organisation": "university-oxford",
    "author": "ada-lovelace",
    "target": "ada-lovelace",
    "name": "Reading group",
    "action": "save",
    "text": "2004.12832\n10.1145/3397271.3401075",
    "recency": 0.5,
    "ids": [17],
    "number": 3,
}
_OPTIONAL_SHOWN = frozenset({"q", "action"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a route: in the path, the query or the JSON body."""

    name: str
    place: str
    kind: str
    about: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route."""

    method: str
    path: str
    about: str
    parameters: tuple[Parameter, ...]
    example: str


def endpoints_by_tag(schema: Mapping[str, Any], base: str, *, with_token: bool = False) -> dict[str, list[Endpoint]]:
    """Group the routes by tag, in the schema's order; `base` is the server's address."""
    groups: dict[str, list[Endpoint]] = {}
    for path, methods in schema["paths"].items():
        for method, entry in methods.items():
            parameters = tuple(_parameters(schema, entry))
            about = entry.get("description") or entry.get("summary", "")
            example = _example(method.upper(), base + path, parameters, with_token=with_token)
            group = (entry.get("tags") or ["other"])[0]
            groups.setdefault(group, []).append(Endpoint(method.upper(), path, about, parameters, example))
    return groups


def _parameters(schema: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[Parameter]:
    for parameter in entry.get("parameters", ()):
        about = parameter.get("description", "")
        yield Parameter(
            parameter["name"], parameter["in"], _kind(parameter["schema"]), about, parameter.get("required", False)
        )
    body = entry.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if name := body.get("$ref", "").rpartition("/")[2]:
        model = schema["components"]["schemas"][name]
        for key, value in model.get("properties", {}).items():
            yield Parameter(key, "body", _kind(value), value.get("description", ""), key in model.get("required", ()))


def _kind(value: Mapping[str, Any]) -> str:
    """Describe the type of a JSON schema in a few words: `integer 1 to 100`, `one of save, hide`."""
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_kind(option) for option in value["anyOf"] if option.get("type") != "null"))
    if "enum" in value:
        return "one of " + ", ".join(map(str, value["enum"]))
    if "const" in value:
        return str(value["const"])
    kind = str(value.get("type", "text")).replace("string", "text").replace("array", "list")
    low, high = value.get("minimum"), value.get("maximum")
    span = f" {low:g} to {high:g}" if low is not None and high is not None else ""
    default = value.get("default")
    return f"{kind}{span}" + (f", else {default}" if default not in (None, "", []) else "")


def _example(method: str, address: str, parameters: tuple[Parameter, ...], *, with_token: bool) -> str:
    """A curl command that calls the route."""
    for name in re.findall(r"{(\w+)}", address):
        value = quote(str(_EXAMPLES.get(name, 17)), safe="")
        address = address.replace(f"{{{name}}}", value)
    query = {
        p.name: _EXAMPLES.get(p.name, 10)
        for p in parameters
        if p.place == "query" and (p.is_required or p.name in _OPTIONAL_SHOWN)
    }
    body = {
        p.name: _EXAMPLES.get(p.name, "")
        for p in parameters
        if p.place == "body" and (p.is_required or p.name in ("papers", "recency"))
    }
    words = ["curl"] + ([] if method == "GET" else ["-X", method])
    if with_token:
        words.append("-H 'Authorization: Bearer TOKEN'")
    if method != "GET":
        words += ["-H 'Content-Type: application/json'"]
        words += [f"-d {_quoted(json.dumps(body))}"] if body or method == "POST" else []
    return " ".join([*words, _quoted(address + ("?" + urlencode(query) if query else ""))])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", r"'\''") + "'"
