"""Lazy loading of commands: the help lists them from one table; a command's module is imported when it is called.

A search must not wait for the imports of `serve` or `train`, and the help not for the imports of any command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import typer
from typer._click.exceptions import UsageError as ClickUsageError
from typer.core import TyperCommand, TyperGroup

from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter, Parameter

__all__ = ["Entry", "group", "table"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A command or group that is not loaded yet: `name` of the module broadsheet.cli.`module`."""

    name: str
    module: str
    panel: str  # of the main help
    help: str  # the first line of its own help

    def load(self) -> Command:
        """The command itself."""
        function = getattr(import_module(f"broadsheet.cli.{self.module}"), self.name.replace("-", "_"))
        command = typer.main.get_command(function if isinstance(function, typer.Typer) else _single_command(function))
        command.name = self.name
        return command


@dataclass(frozen=True, slots=True)
class _PlainValue:
    """Converts arguments of simple types, and leaves all others to typer.

    Typer converts every value with pydantic, whose import takes a quarter of a search's time.
    """

    descriptor: Any  # typer's: the annotation and the options of one parameter

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Convert a value to its annotated type. Raises typer's BadParameter."""
        kind, info = self.descriptor.annotation, self.descriptor.parameter_info
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if info.parser is None:
            if kind is str and isinstance(value, str):
                return value
            if isinstance(kind, type) and issubclass(kind, Enum) and isinstance(value, kind):
                return value
            if kind == list[str] and isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
                return list(value)
            if kind is int and isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value):
                value = int(value)
            if kind in (int, float) and type(value) is kind and _within(value, info):
                return value
            if kind is Path and isinstance(value, str):
                from typer._param_types import coerce_cli_path

                return coerce_cli_path(Path(value), info, path_type=Path, param=param, ctx=ctx)
        from typer._coercion import build_runtime_param

        return build_runtime_param(self.descriptor).coerce(value, param=param, ctx=ctx)


def _within(value: float, info: Any) -> bool:
    return (info.min is None or value >= info.min) and (info.max is None or value <= info.max)


class _Plain:
    """A command or group that converts parameters of simple types without pydantic."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        """The parameters, `--help` among them."""
        parameters: list[Parameter] = super().get_params(ctx)  # type: ignore[misc]
        for parameter in parameters:
            if hasattr(parameter, "_runtime_param") and hasattr(parameter, "type_descriptor"):  # typer asks pydantic
                parameter._runtime_param = _PlainValue(parameter.type_descriptor)
        return parameters


class _Group(_Plain, TyperGroup):
    """Lists its commands by panel, with the whole first sentence of each."""

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - typer's signature
        """The commands, in order."""
        entries = (
            (name, getattr(command, "rich_help_panel", None), command.help or "")
            for name, command in self.commands.items()
        )
        rows = ((panel or "Commands", (name, help.partition("\n\n")[0])) for name, panel, help in entries)
        _write_sections(formatter, rows)


def table(entries: Iterable[Entry], moved: Mapping[str, str]) -> type[TyperGroup]:
    """Make the class of a group of these commands; `moved` maps an old command to the message that it moved."""
    entry_of = {entry.name: entry for entry in entries}

    class Commands(_Group):
        """Has a placeholder for every command until it is called."""

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            for entry in entry_of.values():
                self.add_command(TyperCommand(entry.name, help=entry.help, rich_help_panel=entry.panel))

        def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002 - typer's signature
            """The command of that name, loaded; None if there is none. Raises UsageError for one that moved."""
            if cmd_name in moved:
                raise UsageError(moved[cmd_name])
            return entry_of[cmd_name].load() if cmd_name in entry_of else None

    return Commands


def group(help: str, default: str = "") -> typer.Typer:
    """A command that has commands of its own; `default` is the one that is meant where none is named."""

    class Group(_Group):
        def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
            """Parse the arguments, those without a command's name as the default command's."""
            if default and (not args or args[0] not in {*self.commands, "--help", "-h"}):
                args = [default, *args]
            return super().parse_args(ctx, args)

    return typer.Typer(help=help, cls=Group, no_args_is_help=not default, add_completion=False, rich_markup_mode=None)


class _Command(_Plain, TyperCommand):
    """Lists its options by panel; for a query word that is parsed as an option, the error has a hint."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse the arguments. Raises UsageError for a word of a query with a dash before it."""
        arguments = list(args)  # the parser empties its own
        try:
            return super().parse_args(ctx, args)
        except ClickUsageError as error:
            dashed = next((argument for argument in arguments if re.match(r"-[^\W\d_]{2}", argument)), "")
            if dashed and any(parameter.name == "query" for parameter in self.params):
                options, query = self._split_arguments(arguments)
                hint = " ".join(["broadsheet", str(self.name), *options, *(["--"] if query[:1] == "-" else [])])
                raise UsageError(
                    f"{dashed.split()[0]} was taken for an option: put the query in one pair of quotes, behind -- if "
                    f"it begins with a dash: {hint} {quote(query)}"
                ) from error
            raise

    def _split_arguments(self, arguments: Sequence[str]) -> tuple[list[str], str]:
        """Split arguments into the options of this command with their values, and one query of the others."""
        parameter_of = {
            name: parameter for parameter in self.params for name in (*parameter.opts, *parameter.secondary_opts)
        }
        options, words = [], []
        rest = iter(arguments)
        for argument in rest:
            parameter = parameter_of.get(argument.partition("=")[0]) if argument.startswith("-") else None
            if parameter is None:
                words.append(
                    f'"{argument}"'
                    if " " in argument and not argument.startswith("-") and '"' not in argument
                    else argument
                )
                continue
            options.append(quote(argument))
            if "=" not in argument and not getattr(parameter, "is_flag", False):
                options += [quote(value) for value in islice(rest, 1)]
        return options, " ".join(words)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Arguments, options, and the panels that some of them name."""
        records = ((_panel(parameter), parameter.get_help_record(ctx)) for parameter in self.get_params(ctx))
        _write_sections(formatter, ((panel, record) for panel, record in records if record))


def _single_command(function: Callable[..., None]) -> typer.Typer:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(cls=_Command)(function)
    return app


def _panel(parameter: Parameter) -> str:
    default = "Arguments" if parameter.param_type_name == "argument" else "Options"
    return str(getattr(parameter, "rich_help_panel", None) or default)


def _write_sections(formatter: HelpFormatter, rows: Iterable[tuple[str, tuple[str, str]]]) -> None:
    sections: dict[str, list[tuple[str, str]]] = {}
    for title, row in rows:
        sections.setdefault(title, []).append(row)
    width = max((len(row[0]) for section in sections.values() for row in section), default=0)
    for title, section in sections.items():
        with formatter.section(title):  # names of one width, so that all sections line up
            formatter.write_dl([(name.ljust(width), text) for name, text in section])
