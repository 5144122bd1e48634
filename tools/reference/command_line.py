"""The page about the command line, from the commands themselves."""

from collections.abc import Iterator
from typing import Any

import typer

from cyclorama.cli.app import app
from cyclorama.cli.examples import EXAMPLES
from tools.reference.tables import code, table

HEAD = """# Commands

Made from the commands themselves, like `--help`; `make reference` writes this page anew.
`pip install './clients[cli]'` brings the command, `make demo` and `make up` have it in `.venv/bin`.

- Every command has `--help` with examples, and with `--json` prints one value for programs.
- On a terminal there are bars and colors; elsewhere, and with `NO_COLOR`, plain lines.
- `cyclorama --install-completion` teaches the shell commands, options, engines and jobs.
- `--ca`, `--cert`, `--key` and `--token-file`, before the command: [who may call](../security.md).

| exit status | meaning |
| --- | --- |
| 0 | done; of `verify`, `check`, `replay` and `doctor`: the answer is yes |
| 1 | the system failed, or is busy: try again, or have it looked at; or the answer is no |
| 2 | the request has to be mended: a wrong option or file, a photo without a product |
| 3 | of `campaign` and `jobs watch`: not all ads were made; the report says which, and why |
| 130 | Ctrl-C: the call was cancelled; campaigns go on |

Which failure ends with 1 and which with 2 is in the list of [errors](errors.md).

"""


def page() -> str:
    """The whole page."""
    root = typer.main.get_command(app)
    return HEAD + "\n".join(_section(name, command) for name, command in commands(root))


def commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its whole name."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def _section(name: str, command: Any) -> str:
    paragraphs = [" ".join(each.split()) for each in (command.help or "").split("\n\n")]
    examples = "".join(f"{line}\n" for line in EXAMPLES.get(name, ()))
    parts = [f"## {name}\n", "\n\n".join(paragraphs) + "\n"]
    if examples:
        parts.append(f"```sh\n{examples}```\n")
    arguments = [
        (code(each.name), _help(each))
        for each in command.params
        if each.param_type_name == "argument"
    ]
    options = [
        (_names(each), _default(each), _help(each))
        for each in command.params
        if each.param_type_name == "option" and each.name != "help"
    ]
    parts.append(table(["argument", "meaning"], arguments))
    parts.append(table(["option", "default", "meaning"], options))
    return "\n".join(filter(None, parts))


def _names(option: Any) -> str:
    return ", ".join(code(name) for name in (*option.opts, *option.secondary_opts))


def _default(option: Any) -> str:
    if option.required:
        return "required"
    return "" if option.default in (None, False, "", ()) else code(option.default)


def _help(parameter: Any) -> str:
    variable = f" Environment: `{parameter.envvar}`." if parameter.envvar else ""
    return (getattr(parameter, "help", "") or "") + variable
