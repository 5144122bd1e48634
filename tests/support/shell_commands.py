"""Checks a documented shell command without running it: programs, options, targets and files.

Each program has a checker, which returns what is wrong. A program without one is wrong.
"""

import io
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from importlib import import_module
from importlib.util import find_spec

import typer
import yaml

from cyclorama import __version__
from cyclorama.cli.app import app
from tests.support.documents import read_blocks
from tools import ROOT
from tools.lock import ALL
from tools.reference.licenses import read_locked_packages

Faults = Iterator[str]
ASSIGNMENT = re.compile(r"[A-Z][A-Z0-9_]*=")
# Splits a line into its commands, outside of quotes.
OPERATORS = ("|", "||", "&&", "&", ";", ">", ">>", "<")
# Programs of every Unix system, whose words are texts and files.
SYSTEM_PROGRAMS = (
    *("cat", "chmod", "cp", "curl", "echo", "find", "grep", "jq", "mkdir", "mv", "openssl", "rm"),
    *("sed", "sort", "touch", "tr", "uniq"),
)
# Commands of docker compose whose words are services.
ON_SERVICES = ("exec", "logs", "restart", "run", "stop", "up")
BUILTINS = ("cd", "export", "umask", "for", "done", "do", "true", "exit")


def is_valid_syntax(script: str) -> bool:
    """Returns whether bash can parse a script."""
    return subprocess.run(["bash", "-n", "-c", script], capture_output=True).returncode == 0


def find_faults(command: str) -> list[str]:
    """Returns what is wrong with a command; an empty list if nothing is."""
    faults: list[str] = []
    try:
        programs = split_programs(command)
    except ValueError as error:
        return [str(error)]
    for words in programs:
        while words and ASSIGNMENT.match(words[0]):
            words = words[1:]
        if words:
            faults += [f"{words[0]}: {fault}" for fault in _check_program(words)]
    return faults


def split_programs(command: str) -> list[list[str]]:
    """Returns the words of each program that a command starts, without redirections."""
    lexer = shlex.shlex(command.replace("\n", " ; "), posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split, lexer.commenters = True, ""
    programs: list[list[str]] = [[]]
    is_file = False
    for word in lexer:
        if word in OPERATORS:
            is_file = word in (">", ">>", "<")
            programs += [] if is_file else [[]]
        elif is_file:
            is_file = False
        else:
            programs[-1].append(word)
    return [words for words in map(_drop_loop, filter(None, programs)) if words]


def _drop_loop(words: list[str]) -> list[str]:
    """Returns the command after `do`, and nothing of the list of a loop."""
    if words[0] == "for":
        return []
    return words[1:] if words[0] == "do" else words


def _check_program(words: Sequence[str]) -> Faults:
    program = re.sub(r"^\.venv[\w-]*/bin/", "", words[0])
    if program in SYSTEM_PROGRAMS or program in BUILTINS:
        yield from _check_paths(words[1:])
        return
    checker = CHECKERS.get(program)
    yield from checker(words[1:]) if checker else ["no checker knows this program"]


def _check_paths(words: Sequence[str]) -> Faults:
    """Yields words that look like files of the repository and are none."""
    for word in words:
        path = word.partition("=")[2] or word
        is_path = re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?", path) and path.split("/")[0] in _folders()
        # docs/kubernetes.md copies the example to this overlay.
        example = path.replace("overlays/shop", "overlays/example")
        if is_path and not (ROOT / example).exists():
            yield f"there is no {path}"


@cache
def _folders() -> set[str]:
    """Returns the folders of the repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    return {line.split("/")[0] for line in listed.stdout.splitlines() if "/" in line}


def check_cyclorama(words: Sequence[str]) -> Faults:
    """Yields faults of a command of ours: its name, options and number of arguments."""
    command = typer.main.get_command(app)
    rest = [*words]
    while hasattr(command, "commands"):
        while rest and rest[0] in {name for each in command.params for name in each.opts}:
            rest = rest[2:]
        name = rest.pop(0) if rest else ""
        if name not in command.commands:
            yield f"no command {name!r}"
            return
        command = command.commands[name]
    options = {name: each for each in command.params for name in each.opts if name[0] == "-"}
    values, count = iter(rest), 0
    for word in values:
        if not word.startswith("-") or word == "-":
            count += 1
        elif word.partition("=")[0] not in options:
            yield f"no option {word}"
        elif "=" not in word and not options[word].is_flag and next(values, None) is None:
            yield f"{word} has no value"
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    if (
        not sum(each.required for each in arguments)
        <= count
        <= sum(10 if each.nargs == -1 else each.nargs for each in arguments)
    ):
        yield f"has {count} arguments"
    yield from _check_paths(rest)


def check_make(words: Sequence[str]) -> Faults:
    """Yields unknown targets and variables of make."""
    makefile = (ROOT / "Makefile").read_text()
    # make passes variables on to docker compose.
    compose = (ROOT / "docker-compose.yml").read_text()
    targets = {
        name
        for line in re.findall(r"^([.\w/][\w./ -]*):(?!=)", makefile, re.MULTILINE)
        for name in line.split()
    }
    for word in words:
        name, is_variable, _ = word.partition("=")
        is_known = re.search(rf"\$\({name}\)|^{name} +\?=", makefile, re.MULTILINE)
        if not is_variable and name not in targets:
            yield f"no target {name}"
        elif is_variable and not (is_known or name in compose or name.startswith("CYCLORAMA_")):
            yield f"no variable {name}"
    yield from _check_paths(words)


def check_docker(words: Sequence[str]) -> Faults:
    """Yields faults of docker compose: files, profiles, options and services; else of images."""
    if words[0] == "compose":
        yield from check_compose(words[1:])
    elif words[0] == "run":
        image = words[-1]
        deployed = "".join(path.read_text() for path in (ROOT / "deploy").glob("*.yml"))
        if image not in deployed:
            yield f"no image {image} in deploy/"
    elif words[0] not in ("login", "rm", "image"):
        yield f"no checker knows docker {words[0]}"


def check_compose(words: Sequence[str]) -> Faults:
    """Yields faults of docker compose."""
    rest, files = [*words], []
    while rest and rest[0] in ("-f", "--file", "--profile"):
        option, value = rest.pop(0), rest.pop(0)
        if option != "--profile":
            files.append(value)
        elif value not in _compose_profiles():
            yield f"no profile {value}"
    # Files of the reader, such as night.yml, are next to docker-compose.yml.
    yield from (f"no file {each}" for each in files if "/" in each and not (ROOT / each).is_file())
    name = rest.pop(0) if rest else ""
    known = _list_options("docker-compose", name)
    if not known:
        yield f"no command {name!r} of docker compose"
    services = _compose_services()
    while rest and rest[0] not in services:
        word = rest.pop(0)
        if word.startswith("-") and word.partition("=")[0] not in known:
            yield f"docker compose {name} has no option {word}"
        elif not word.startswith("-") and name in ON_SERVICES and not _is_value(word):
            yield f"no service {word}"
    if rest and rest[0] == "cyclorama":
        yield from check_cyclorama(rest[1:])
    if rest and rest[0] == "callers":
        yield from check_python(["-m", "gateway.callers", *rest[1:]])


def _is_value(word: str) -> bool:
    """Returns whether a word is the value of an option: NAME=VALUE, a port, a number of seconds."""
    return bool(re.search(r"[=:]|^\d+\w?$|^gateway-\d$", word))


@cache
def _compose_documents() -> Sequence[Mapping]:
    paths = [ROOT / "docker-compose.yml", *sorted((ROOT / "deploy").glob("compose.*.yml"))]
    # Compose adds tags such as !reset.
    return [yaml.load(path.read_text(), _ComposeLoader) for path in paths]


class _ComposeLoader(yaml.SafeLoader):
    """Reads compose files; its tags become None."""


_ComposeLoader.add_multi_constructor("!", lambda loader, suffix, node: None)


def _compose_services() -> set[str]:
    return {name for each in _compose_documents() for name in each.get("services") or {}}


def _compose_profiles() -> set[str]:
    services = [s for each in _compose_documents() for s in (each.get("services") or {}).values()]
    return {name for service in services for name in (service or {}).get("profiles") or []}


@cache
def _list_options(*command: str) -> set[str]:
    """Returns the options in the help of a program; an empty set if it has no such command."""
    path = shutil.which(command[0], path=f"{sys.prefix}/bin")
    done = subprocess.run([str(path), *command[1:], "--help"], capture_output=True, text=True)
    if "Usage" not in done.stdout or (command[1:] and command[1] not in done.stdout.split("\n")[0]):
        return set()
    return set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", done.stdout))


def check_python(words: Sequence[str]) -> Faults:
    """Yields missing modules and programs, and options that the help of one of ours lacks."""
    if words[0] != "-m":
        if not any(text.startswith(f"# {words[0]}\n") for text in _list_programs()):
            yield f"no page has the program {words[0]}"
        return
    module, rest = words[1], words[2:]
    if find_spec(module) is None:
        yield f"no module {module}"
    elif module in ("gateway.callers", "gateway.jobs"):
        yield from _parse(module, rest)
    yield from _check_paths(rest)


def _list_programs() -> Iterator[str]:
    """Yields the Python programs of all pages, which begin with their names."""
    for page in (ROOT / "docs").glob("*.md"):
        yield from (text for kind, text in read_blocks(page) if kind == "python")


def _parse(module: str, words: Sequence[str]) -> Faults:
    """Yields what the parser of a module says about its words."""
    parser = import_module(f"{module}.__main__")._build_argument_parser()
    output = io.StringIO()
    try:
        with redirect_stderr(output), redirect_stdout(output):
            parser.parse_args(words)
    except SystemExit as end:
        if end.code:
            yield output.getvalue()


def check_pip(words: Sequence[str]) -> Faults:
    """Yields packages that are neither locked nor a folder's project, and extras it lacks."""
    locked = read_locked_packages(ALL)
    if words[0] not in ("install", "wheel"):
        yield f"no checker knows pip {words[0]}"
    for word in words[1:]:
        if word.startswith("-") or word in locked:
            continue
        folder, _, extras = word.removesuffix("]").partition("[")
        project = ROOT / folder / "pyproject.toml"
        if not project.is_file():
            yield f"no project in {folder}"
            continue
        known = tomllib.loads(project.read_text())["project"]["optional-dependencies"]
        yield from (f"no extra {each}" for each in extras.split(",") if each and each not in known)


def check_wheel_runner(words: Sequence[str]) -> Faults:
    """Yields faults of uvx and pipx: the wheel's name and version, and the command that it runs."""
    start = max(words.index(each) for each in ("--from", "--spec") if each in words) + 1
    name, program, *rest = words[start:]
    if name != f"./dist/cyclorama_services-{__version__}-py3-none-any.whl[local]":
        yield f"{name} is not the wheel of this version"
    if program != "cyclorama":
        yield f"the wheel has no program {program}"
    yield from check_cyclorama(rest)


def check_kubectl(words: Sequence[str]) -> Faults:
    """Yields manifests that do not exist, and names of objects that no manifest has."""
    yield from _check_paths(words)
    manifests = "".join(path.read_text() for path in (ROOT / "deploy/kubernetes").rglob("*.yaml"))
    for word in words:
        kind, is_object, name = word.partition("/")
        kinds = ("deployment", "statefulset", "service", "pod")
        if is_object and kind in kinds and f"name: {name.removesuffix('-0')}" not in manifests:
            yield f"no object {word}"


def check_hf(words: Sequence[str]) -> Faults:
    """Yields commands other than the download, which tests/docs/test_commands.py runs."""
    if words[0] != "download":
        yield f"no checker knows hf {words[0]}"


def check_grpc_tool(words: Sequence[str]) -> Faults:
    """Yields methods and services that no proto has; tests/docs/test_grpcurl.py calls them."""
    protos = "".join(path.read_text() for path in (ROOT / "protos").rglob("*.proto"))
    for service, method in re.findall(r"cyclorama\.v1\.(\w+)/?(\w*)", " ".join(words)):
        if f"service {service} " not in protos or f"rpc {method}" not in protos:
            yield f"no method {service}/{method}"


CHECKERS: Mapping[str, Callable[[Sequence[str]], Faults]] = {
    "cyclorama": check_cyclorama,
    "docker": check_docker,
    "ghz": check_grpc_tool,
    "grpcurl": check_grpc_tool,
    "hf": check_hf,
    "kubectl": check_kubectl,
    "make": check_make,
    "pip": check_pip,
    "pipx": check_wheel_runner,
    "python": check_python,
    "python3": check_python,
    "uvx": check_wheel_runner,
}
