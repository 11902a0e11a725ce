"""docs/methods: a page for each method of both houses, from its source, its card and what was measured."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import broadsheet
import broadsheet_lab
from broadsheet.kit.card import FIDELITIES
from broadsheet.methods import ROOMS, Method
from broadsheet.methods import methods as product_methods
from broadsheet_lab.method_source import Name, Source, packages_that_import, read_source
from broadsheet_lab.methods_page import claim_lines, lab_methods, verdicts
from broadsheet_lab.tables import Results

__all__ = ["FOLDER", "MENU", "every_method", "render_menu", "render_pages"]

FOLDER, MENU = Path("docs/methods"), Path("mkdocs.yml")
_MADE = "<!-- Made by `python -m broadsheet_lab.bench --table` from the method's source, card and results. -->"
_ROOTS = {module.__name__: Path(str(module.__file__)).parent for module in (broadsheet, broadsheet_lab)}
_MENU = re.compile(r"( +)# made by `python -m broadsheet_lab\.bench --table`\n(?:\1[ -].*\n)*")
_VERDICTS = ("held", "failed", "open", "not measured")
_HOUSES = {"broadsheet": "the product", "broadsheet_lab": "the laboratory"}
_CONTRACTS = """What methods of a room have in common beside the [contracts of the product](../reference/contracts.md).
Every method is found by its card and held to the protocols it keeps: filters are exact, what is saved comes back as it
was, randomness is seeded, a vector is the same whoever it is encoded with."""
_INDEX = """# Methods as a library

{made}

Every method of Broadsheet is one file that follows one paper, with no settings, no catalogue and no network behind it:
import the class, hand it texts or arrays, keep what it learned with `save` and `load`.

<!-- not run: installation -->

```sh
pip install . ./lab
```

in Broadsheet's source folder; methods that need more name an extra. A method of *the product* is what `broadsheet`
itself runs; one of *the laboratory* was built and measured, and its page says why the product does without it.
[From papers to a board](../how-to/papers-to-a-board.md) puts several against each other in ten minutes,
the contracts of [the product](../reference/contracts.md) and of [the laboratory](contracts.md) say what the methods of
a room have in common, and `lab/METHODS.md` in the source folder lists every claim with what was measured.
"""


def _house(method: Method) -> str:
    return next(house for house, root in _ROOTS.items() if method.path.resolve().is_relative_to(root.resolve()))


def _label(source: Source) -> str:
    """What a method is called: its title up to the first colon or comma."""
    return re.split(r": |, ", source.title)[0]


def every_method() -> list[Method]:
    """The methods of both houses, room by room."""
    return sorted([*product_methods(), *lab_methods()], key=lambda method: (ROOMS.index(method.room), method.name))


def render_pages(results: Results) -> dict[Path, str]:
    """The content of every page by its path in the repository, the list of all methods among them."""
    methods = every_method()
    sources = {method.name: read_source(method.path, _ROOTS) for method in methods}
    pages = {FOLDER / "index.md": _index(methods, sources, results), FOLDER / "contracts.md": _contracts()}
    for method in methods:
        lines = _page(method, sources[method.name], results.get(method.name, {}), {one.name: one for one in methods})
        pages[FOLDER / f"{method.name}.md"] = "\n".join(lines) + "\n"
    return pages


def _index(methods: Sequence[Method], sources: Mapping[str, Source], results: Results) -> str:
    """The list of all methods, room by room."""
    lines = _INDEX.format(made=_MADE).splitlines()
    for room in dict.fromkeys(method.room for method in methods):
        lines += ["", f"## {room.capitalize()}", "", "| method | for | in | grade | claims |", "|---|---|---|---|---|"]
        for method in methods:
            if method.room == room:
                given = Counter(verdicts(method, results.get(method.name, {})))
                claims = ", ".join(f"{given[says]} {says}" for says in _VERDICTS if given[says])
                label = f"[{_label(sources[method.name])}]({method.name}.md)"
                cells = (label, method.card.solves, _HOUSES[_house(method)], method.card.fidelity, claims)
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _contracts() -> str:
    """What the protocols of the laboratory's rooms ask for."""
    lines = ["# Contracts of the laboratory", "", _MADE, "", *_CONTRACTS.splitlines()]
    for path in sorted(_ROOTS["broadsheet_lab"].glob("*/contract.py")):
        module = f"broadsheet_lab.{path.parent.name}.contract"
        lines += ["", f"## {path.parent.name.capitalize()}", "", f"In `{module}`."]
        for name in read_source(path, _ROOTS).names:
            lines += ["", f"### {name.name}", "", *_text(name.docstring).splitlines()]
            lines += ["", *(f"- `{one.signature}`: {' '.join(_text(one.docstring).split())}" for one in name.methods)]
    return "\n".join(lines) + "\n"


def render_menu(text: str) -> str:
    """mkdocs.yml with every page in its menu, below the comment that marks the place."""
    methods = every_method()

    def menu(match: re.Match[str]) -> str:
        lines = [f"{match[1]}# made by `python -m broadsheet_lab.bench --table`"]
        for room in dict.fromkeys(method.room for method in methods):
            lines.append(f"{match[1]}- {room.capitalize()}:")
            lines += [f"{match[1]}    - methods/{method.name}.md" for method in methods if method.room == room]
        return "\n".join(lines) + "\n"

    return _MENU.sub(menu, text)


def _page(method: Method, source: Source, result: Mapping[str, Any], known: Mapping[str, Method]) -> Iterator[str]:
    card, label = method.card, _label(source)
    rest = source.title.removeprefix(label).lstrip(":, ")
    yield from (f"# {label}", "", _MADE, "")
    yield f"{rest[:1].upper()}{rest[1:]}." if rest else f"For {card.solves}."
    yield from ("", *_text(source.idea).splitlines(), "", f"*{' '.join(_text(source.reference).split())}*")
    yield from ("", "## When to use it", "", f"It is for {card.solves}. {_choose(card.when)}".strip())
    if card.costs or result.get("seconds"):
        yield from ("", "## What it costs", "", " ".join(filter(None, (_sentence(card.costs), _measuring(result)))))
    yield from ("", "## What it reached", "", *(list(claim_lines(method, result)) or ["Nothing is claimed of it."]))
    if card.claims:
        yield from (
            "",
            "*Held*: the whole 95 % interval is at or beyond the bar; *failed*: all of it is short; *open*: else.",
        )
    if card.fidelity:
        yield from ("", f"Grade: {card.fidelity}, {FIDELITIES[card.fidelity]}.")
    if card.departures:
        yield from ("", "It departs from the paper:", "", *(f"- {departure}" for departure in card.departures))
    yield from ("", "## Use", "", *_use(method, source))
    yield from ("", "## In the product", "", _in_the_product(method))
    yield from _neighbours(method, known)


def _sentence(text: str) -> str:
    """What a card says, with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def _choose(when: str) -> str:
    """The same of when to choose a method: a card may leave out how that begins."""
    begins = "" if not when or when.startswith("Choose it") else "Choose it "
    return _sentence(begins + ("when " if begins and not when.startswith(("to ", "for ", "as ")) else "") + when)


def _measuring(result: Mapping[str, Any]) -> str:
    """How long measuring all claims took, training included."""
    if not result.get("seconds"):
        return ""
    machine = result.get("machine", {}).get("processor", "an unnamed processor")
    return f"Measuring everything below, training included, took {result['seconds']:,.0f} s on {machine}."


def _use(method: Method, source: Source) -> Iterator[str]:
    module = f"{_house(method)}.{method.room}.{method.name}"
    if method.card.needs:
        yield from (f"It needs the extras: `pip install './lab[{','.join(method.card.needs)}]'`.", "")
    if source.example:
        yield from ("```pycon", *source.example.splitlines(), "```", "")
    else:
        yield from ("```pycon", f">>> import {module}", "```", "")
    for name in source.names:
        yield from _interface(name)


def _interface(name: Name) -> Iterator[str]:
    yield f"- `{name.signature}`: {_text(name.purpose)}"
    for method in name.methods:
        yield f"    - `{method.signature}`: {_text(method.purpose)}"
    if name.persistent:
        yield f"    - `save(path)`, `{name.name}.load(path)`: what was learned, in one checksummed file"


def _text(docstring: str) -> str:
    """A docstring in Markdown: what is no markup in the one is none in the other."""
    parts = docstring.split("`")  # every other one is code
    return "`".join(one if at % 2 else one.replace("<", "&lt;").replace("*", "\\*") for at, one in enumerate(parts))


def _in_the_product(method: Method) -> str:
    if _house(method) == "broadsheet":
        packages = packages_that_import(f"broadsheet.{method.room}.{method.name}", _ROOTS["broadsheet"])
        where = f" ({', '.join(f'`{package}`' for package in packages)})" if packages else ""
        return f"Used by the product at: {method.card.stage}{where}."
    return f"The product does not use it: {method.card.unused}".rstrip(".: ") + "."


def _neighbours(method: Method, known: Mapping[str, Method]) -> Iterator[str]:
    below = [name for name in method.card.builds_on if name in known]
    above = [name for name, one in known.items() if method.name in one.card.builds_on]
    for names, says in ((below, "Builds on"), (above, "Built upon by")):
        if names:
            yield from ("", f"{says}: {', '.join(f'[{name}]({name}.md)' for name in names)}.")
