"""What the source of a method says to those who use it, read from its syntax tree: nothing is imported."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from broadsheet.methods import ROOMS

__all__ = ["Name", "Source", "packages_that_import", "read_source"]

_PROMPT = ">>> "
_IMPORT = re.compile(rf"^ *from (broadsheet\.(?:{'|'.join(ROOMS)})\.\w+) import", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that a method gives to those who import it."""

    name: str
    kind: str  # "class" or "function"
    signature: str  # as it is called
    docstring: str
    methods: tuple[Name, ...] = ()
    persistent: bool = False  # has save and load

    @property
    def purpose(self) -> str:
        """The first sentence of its docstring."""
        return _first_sentence(self.docstring)


@dataclass(frozen=True, slots=True)
class Source:
    """The docstring of a method in its parts, its names and its example."""

    title: str
    idea: str  # the paragraphs between the first line and the reference
    reference: str  # the paper, with the section followed
    names: tuple[Name, ...]
    example: str  # `>>>` lines and what they print


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def read_source(path: Path, roots: Mapping[str, Path]) -> Source:
    """Read a method's file; `roots` are the folders of the packages whose modules it imports, by package."""
    tree = _tree(path)
    paragraphs = (ast.get_docstring(tree) or path.stem).split("\n\n")
    first, *rest = [paragraph for paragraph in paragraphs if not paragraph.startswith(_PROMPT)]
    *idea, reference = rest or [""]
    named = [name for name in _all(tree) if name != "CARD"]
    found = [one for name in named if (one := _definition(tree, name, roots))]
    texts = [ast.get_docstring(tree) or ""]
    for _, node in found:
        texts += [ast.get_docstring(part) or "" for part in ast.walk(node) if isinstance(part, _DOCUMENTED)]
    example = "\n\n".join(part for text in texts for part in _examples(text))
    return Source(
        first.replace("\n", " ").strip().rstrip("."), "\n\n".join(idea), reference, _names(found, roots), example
    )


_DOCUMENTED = (ast.ClassDef, ast.FunctionDef)
_Definition = tuple[ast.Module, ast.ClassDef | ast.FunctionDef]


def _names(found: list[_Definition], roots: Mapping[str, Path]) -> tuple[Name, ...]:
    """Classes first, each kind in the order of `__all__`."""
    return tuple(sorted((_name(*one, roots) for one in found), key=lambda name: name.kind != "class"))


def _all(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def _definition(tree: ast.Module, name: str, roots: Mapping[str, Path]) -> _Definition | None:
    """Where a name is defined, with that module's tree: here, or in the module that it comes from."""
    for node in tree.body:
        if isinstance(node, _DOCUMENTED) and node.name == name:
            return tree, node
        if isinstance(node, ast.ImportFrom) and any(name == (alias.asname or alias.name) for alias in node.names):
            package, _, module = str(node.module).partition(".")
            path = roots.get(package, Path()) / f"{module.replace('.', '/')}.py"
            return _definition(_tree(path), name, roots) if package in roots and path.is_file() else None
    return None


def _name(tree: ast.Module, node: ast.ClassDef | ast.FunctionDef, roots: Mapping[str, Path]) -> Name:
    docstring = ast.get_docstring(node) or ""
    if isinstance(node, ast.FunctionDef):
        return Name(node.name, "function", f"{node.name}({_arguments(node)})", docstring)
    line = [node, *(one for _, one in _above(tree, node, roots))]
    methods = {part.name: part for one in reversed(line) for part in one.body if isinstance(part, ast.FunctionDef)}
    initial = methods.pop("__init__", None)
    signature = f"{node.name}({_arguments(initial, bound=True) if initial else _fields(node)})"
    public = tuple(
        Name(name, "function", _called(part), ast.get_docstring(part) or "")
        for name, part in methods.items()
        if not name.startswith("_")
    )
    persistent = any(ast.unparse(base) == "Persistent" for one in line for base in one.bases)
    return Name(node.name, "class", signature, docstring, public, persistent)


def _above(tree: ast.Module, node: ast.ClassDef, roots: Mapping[str, Path]) -> list[tuple[ast.Module, ast.ClassDef]]:
    """The classes of these packages that a class inherits from, nearest first, without `Persistent`."""
    found = []
    for base in node.bases:
        at = _definition(tree, ast.unparse(base), roots)
        if at and isinstance(at[1], ast.ClassDef) and at[1].name != "Persistent":
            found += [(at[0], at[1]), *_above(at[0], at[1], roots)]
    return found


def _called(node: ast.FunctionDef) -> str:
    decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
    if "property" in decorators:
        return node.name
    return f"{node.name}({_arguments(node, bound='staticmethod' not in decorators)})"


def _arguments(node: ast.FunctionDef, *, bound: bool = False) -> str:
    """The arguments without their types."""
    given = copy.deepcopy(node.args)
    for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
        if argument:
            argument.annotation = None
    if bound:
        (given.posonlyargs or given.args).pop(0)
    return ast.unparse(given)


def _fields(node: ast.ClassDef) -> str:
    """The arguments of a dataclass or a tuple with names."""
    return ", ".join(
        f"{part.target.id}={ast.unparse(part.value)}" if part.value else part.target.id
        for part in node.body
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and "ClassVar" not in ast.unparse(part)
    )


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    end = re.search(r"\.(?= [A-Z`])", paragraph)
    return paragraph[: end.end()] if end else paragraph


def _examples(docstring: str) -> Iterator[str]:
    """The blocks of a docstring that begin with a prompt."""
    for block in docstring.split("\n\n"):
        if block.lstrip().startswith(_PROMPT):
            yield block.strip()


def packages_that_import(module: str, root: Path) -> list[str]:
    """The packages of the product below `root`, outside its method rooms, whose modules import `module`."""
    return sorted(package for package, imported in _imported(root) if imported == module)


@cache
def _imported(root: Path) -> frozenset[tuple[str, str]]:
    """(package that imports, module of a method room that it imports) for every file below the product's folder."""
    found = set()
    for path in root.rglob("*.py"):
        place = path.relative_to(root).parts[:-1]
        if place and place[0] not in ROOMS:
            package = ".".join([root.name, *place[:2]])
            found |= {(package, module) for module in _IMPORT.findall(path.read_text(encoding="utf-8"))}
    return frozenset(found)
