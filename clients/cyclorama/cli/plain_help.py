"""Shows --help in words of people: no types of Python behind flags and arguments."""

import inspect
from typing import Any

import typer
from rich.markup import escape
from typer.core import TyperCommand, TyperGroup

# What people call the types of values.
TYPE_NAMES = {
    "<str>": "TEXT",
    "<list[str]>": "TEXT",
    "<int>": "NUMBER",
    "<float>": "NUMBER",
    "<file>": "FILE",
    "<path>": "FILE",
}


class PlainCommand(TyperCommand):
    """A command whose help names values such as FILE, and nothing behind flags."""

    def get_params(self, ctx: Any) -> Any:
        """Returns the parameters, as --help shows them."""
        return _name_types(super().get_params(ctx), ctx)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Returns the words of the line that begins with "Usage", without braces."""
        pieces = (piece.strip("{}") for piece in super().collect_usage_pieces(ctx))
        # Brackets of the parser around those of a metavar.
        return [piece.replace("[[", "[").replace("]]", "]") for piece in pieces]


class PlainGroup(TyperGroup):
    """A group of commands with the same kind of help."""

    def get_params(self, ctx: Any) -> Any:
        """Returns the parameters, as --help shows them."""
        return _name_types(super().get_params(ctx), ctx)


def use_plain_help(app: typer.Typer) -> None:
    """Sets this kind of help for all commands of a program and its groups, in place."""
    app.info.cls = PlainGroup
    for command in app.registered_commands:
        command.cls = PlainCommand
        # Rich would break the lines of the docstring once more.
        paragraphs = (inspect.getdoc(command.callback) or "").split("\n\n")
        command.help = escape("\n\n".join(" ".join(each.split()) for each in paragraphs))
    for group in app.registered_groups:
        group.cls = PlainGroup
        if group.typer_instance:
            use_plain_help(group.typer_instance)


def _name_types(parameters: Any, ctx: Any) -> Any:
    """Returns parameters with types in words; arguments and flags have none."""
    for parameter in parameters:
        if parameter.param_type_name == "argument":
            parameter.display_type_rich = _show_nothing
        elif getattr(parameter, "is_flag", False):
            parameter.metavar = ""
        elif parameter.metavar is None and hasattr(parameter, "display_type"):
            shown = parameter.display_type(ctx)
            parameter.metavar = TYPE_NAMES.get(shown, shown.strip("<>"))
    return parameters


def _show_nothing(ctx: Any) -> None:
    """Shows no type."""
