"""Writes docs/reference: the command line, the settings and the Python interface, as the code has them.

    python scripts/reference.py

A test compares the pages with the code, so run this after changing a command, a setting or a public docstring.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

import broadsheet
from broadsheet import settings
from broadsheet.cli import app
from broadsheet.kit import errors, paper
from broadsheet.pipeline import records
from broadsheet.pipeline.library import Library

ROOT = Path(__file__).parents[1]
_WIDTH = 100  # of a signature on one line
_MADE = "<!-- Made by scripts/reference.py from the code; `make reference` renews it. -->"


def commands_page() -> str:
    """Every command with its arguments and options."""
    lines = [
        "# Command line",
        "",
        _MADE,
        "",
        "`--library DIR` and `--json` hold for every command. Exit codes: 0 done,",
    ]
    lines += ["1 partly (a record was quarantined, a source failed, an id was unknown), 2 unusable, with one line that"]
    lines += ["says why."]
    main: Any = get_command(app)
    context = main.make_context("broadsheet", [], resilient_parsing=True)
    panel = ""
    for name, stand_in in main.commands.items():
        if stand_in.rich_help_panel != panel:
            panel = stand_in.rich_help_panel
            lines += ["", f"## {panel}"]
        lines += _command(main.get_command(context, name), f"broadsheet {name}", context)
    return "\n".join(lines) + "\n"


def _command(command: Any, path: str, parent: Any) -> Iterator[str]:
    context = typer.Context(command, info_name=path.rpartition(" ")[2], parent=parent)
    below = getattr(command, "commands", {})
    yield from ("", f"### {path}", "", *inspect.cleandoc(command.help or "").splitlines())
    if below:
        for name, one in below.items():
            yield from _command(one, f"{path} {name}", context)
        return
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    names = [(one.metavar or one.name.upper(), one.required) for one in arguments]
    given = [name if required else f"[{name}]" for name, required in names]
    yield from ("", f"`{' '.join([path, *given])}`")
    records = [one.get_help_record(context) for one in command.params if one.name != "json"]
    rows = [f"| `{_cell(_short(record[0]))}` | {_cell(record[1])} |" for record in records if record]
    if rows:
        yield from ("", "| | |", "|---|---|", *rows)


def _short(option: str) -> str:
    """An option as its help shows it, types in the words of a manual."""
    option = re.sub(r" <list\[.*?\]>| <str>$" if option[:1] != "-" else r" <list\[.*?\]>", "", option)
    option = option.replace("|", " / ")
    return re.sub(r"<(?:int|float)(?: range)?>", "N", option).replace("<str>", "TEXT").replace("<path>", "FILE")


def settings_page() -> str:
    """Every setting with its default, its range and what it does."""
    lines = [
        "# Settings",
        "",
        _MADE,
        "",
        "Settings stand in `broadsheet.toml` in the library's folder. Every key is optional; an unknown one is an",
        "error that names the nearest. An environment variable `BROADSHEET_SECTION__KEY`, such as",
        "`BROADSHEET_SERVER__PORT`, wins over the file; a list is written as JSON there. `BROADSHEET_LIBRARY` names",
        "the library's folder.",
        "",
        "All defaults, as a file:",
        "",
        "```toml",
        *_toml(),
        "```",
    ]
    for section in dataclasses.fields(settings.Settings):
        defaults: Any = section.default
        lines += ["", f"## [{section.name}]", "", inspect.cleandoc(defaults.__doc__), ""]
        lines += ["| key | default | values | what it is |", "|---|---|---|---|"]
        for key in dataclasses.fields(defaults):
            values, about = key.metadata["kind"].values, key.metadata["about"]
            lines.append(f"| `{key.name}` | `{json.dumps(key.default)}` | {_cell(values)} | {_cell(about)} |")
    return "\n".join(lines) + "\n"


def _toml() -> Iterator[str]:
    for number, (name, section) in enumerate(dataclasses.asdict(settings.Settings()).items()):
        yield from ([""] if number else [])
        yield f"[{name}]"
        yield from (f"{key} = {json.dumps(value)}" for key, value in section.items())


def python_page() -> str:
    """The front door, the library's methods, the records they give and the errors they raise."""
    lines = ["# Python", "", _MADE, ""]
    lines += [
        "[Use from Python](../how-to/use-from-python.md) shows how; this page lists all there is.",
        "",
        "## broadsheet",
    ]
    lines += _callable("broadsheet.open", broadsheet.open)
    lines += ["", "## Library", "", *_doc(Library)]
    for name, method in sorted(inspect.getmembers(Library, _is_public_member)):
        lines += _callable(name, method) if callable(method) else _property(name, method)
    lines += ["", "## Records", "", "Frozen dataclasses."]
    for module, names in ((records, records.__all__), (paper, paper.__all__)):
        for name in names:
            lines += _record(getattr(module, name))
    tree = inspect.cleandoc(errors.__doc__ or "").partition("\n\n")[2]
    drawing, _, rest = tree.partition("\n\n")
    lines += [
        "",
        "## Errors",
        "",
        "In `broadsheet.kit.errors`:",
        "",
        "```text",
        *inspect.cleandoc(drawing).splitlines(),
        "```",
    ]
    return "\n".join([*lines, "", *rest.splitlines()]) + "\n"


def contracts_page() -> str:
    """What the methods of each room promise."""
    lines = ["# Contracts", "", _MADE, ""]
    lines += ["What every method of a room promises, from its `contract.py`; [Add a method](../how-to/add-a-method.md)"]
    lines += ["shows how to keep it."]
    for path in sorted((ROOT / "src" / "broadsheet").glob("*/contract.py")):
        module = import_module(f"broadsheet.{path.parent.name}.contract")
        lines += ["", f"## {path.parent.name}", "", *_doc(module)]
        for name in module.__all__:
            kind = getattr(module, name)
            if inspect.isclass(kind):
                lines += _contract(name, kind)
    return "\n".join(lines) + "\n"


def _contract(name: str, kind: type) -> Iterator[str]:
    yield from ("", f"### {name}", "", *_doc(kind))
    for member_name, member in vars(kind).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if not inspect.isfunction(function) or (member_name.startswith("_") and not function.__doc__):
            continue
        shown = member_name if isinstance(member, property) else member_name + _parameters(function)
        yield from ("", "```text", shown, "```", "", *_doc(function))


def _is_public_member(member: object) -> bool:
    if isinstance(member, property):
        member = member.fget
    return inspect.isfunction(member) and not member.__name__.startswith("_")


def _callable(name: str, function: Callable[..., Any]) -> Iterator[str]:
    shown = name + _parameters(function)
    if len(shown) > _WIDTH:
        inside, _, result = shown.removeprefix(f"{name}(").rpartition(") -> ")
        shown = "\n".join([f"{name}(", *(f"    {one}," for one in _split(inside)), f") -> {result}"])
    yield from ("", f"### {name}", "", "```text", *shown.splitlines(), "```", "", *_doc(function))


def _parameters(function: Callable[..., Any]) -> str:
    """The signature as a caller sees it."""
    signature = inspect.signature(function)
    given = [one for one in signature.parameters.values() if one.name not in ("self", "cls")]
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(signature.replace(parameters=given)))


def _split(parameters: str) -> list[str]:
    """The parameters of a signature; a comma inside brackets parts none."""
    return re.split(r", (?![^\[]*\])", parameters)


def _property(name: str, member: property) -> Iterator[str]:
    yield from ("", f"### {name}", "", "A property. " + " ".join(_doc(member)))


def _record(kind: type) -> Iterator[str]:
    notes = dict(re.findall(r"^    (\w+): .*?  # (.*)$", inspect.getsource(kind), re.MULTILINE))
    yield from ("", f"### {kind.__name__}", "", *_doc(kind), "")
    for one in dataclasses.fields(kind):
        note = f": {notes[one.name]}" if one.name in notes else ""
        yield f"* `{one.name}`, `{one.type}`{note}"


def _doc(thing: object) -> list[str]:
    return inspect.cleandoc(thing.__doc__ or "").splitlines()


def _cell(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").replace("|", "\\|")


PAGES: dict[str, Callable[[], str]] = {
    "commands": commands_page,
    "settings": settings_page,
    "python": python_page,
    "contracts": contracts_page,
}


if __name__ == "__main__":
    for name, made in PAGES.items():
        (ROOT / "docs" / "reference" / f"{name}.md").write_text(made(), encoding="utf-8")
