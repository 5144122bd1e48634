"""Vocabulary of the code: retired words, unique names, origins of numbers, shapes of arrays."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Packages that callers import or processes run; benchmarks, tools and tests may repeat a verb.
PRODUCTION = ("services", "gateway", "clients")
FOLDERS = (*PRODUCTION, "benchmarks", "tools", "tests")

# Words that had several meanings or that nobody searches for, as parts of identifiers.
RETIRED_NAMES = {
    *("anew", "beside", "crowded", "facts", "findings", "insist", "mend", "mended", "notice"),
    *("notices", "patience", "spoilt", "tell", "tells", "told", "trouble", "whoever", "wish"),
    "wishes",
}
# The same in first lines of docstrings, and words that stand for a term of the field.
RETIRED_WORDS = RETIRED_NAMES | {
    *("asked for", "at hand", "at work", "begun", "behaviour", "colour", "given back", "gives"),
    *("gives back", "goes on", "grey", "holds", "in vain", "leans on", "left alone", "lets go"),
    *("nobody", "nothing but", "reckons", "taken over", "wherever", "who may call"),
}

# The client raises an error under the name with which the services send it.
CLIENT_ERRORS = Path("clients/cyclorama/errors.py")

# Entry points that tools and processes look up by name.
SHARED_FUNCTIONS = {"main", "open_engine"}

CONSTANTS_WITH_ORIGIN = 0.9


def list_modules() -> list[Path]:
    """Lists every module except generated code, relative to the root."""
    paths = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return sorted(path.relative_to(ROOT) for path in paths if "v1" not in path.parts)


@cache
def modules() -> dict[Path, ast.Module]:
    """Parses every module except generated code."""
    return {path: ast.parse((ROOT / path).read_text(encoding="utf-8")) for path in list_modules()}


@pytest.fixture(scope="module", autouse=True)
def _delete_trees():
    """Deletes the parsed modules afterwards, which take 100 MiB."""
    yield
    modules.cache_clear()


def package_of(path: Path) -> str:
    """Returns the folder that a module is tested with: services/imaging, gateway, tests/studio."""
    parts = path.parent.parts
    return "/".join(parts[:2]) if parts[0] in ("services", "clients", "tests") else parts[0]


def packages() -> list[str]:
    """Lists every such folder."""
    return sorted({package_of(path) for path in list_modules()})


@pytest.mark.parametrize("package", packages())
def test_identifiers_contain_no_retired_word(package: str) -> None:
    found = [
        f"{path}:{line} {name}"
        for path, module in _modules_of(package)
        for name, line in _identifiers(module)
        if _words(name) & RETIRED_NAMES
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("package", packages())
def test_first_lines_contain_no_retired_word(package: str) -> None:
    retired = re.compile(rf"\b({'|'.join(sorted(RETIRED_WORDS))})\b", re.IGNORECASE)
    found = [
        f"{path}:{line} {text}"
        for path, module in _modules_of(package)
        for text, line in _first_lines(module)
        if retired.search(text)
    ]
    assert not found, "\n".join(found)


def test_a_class_name_stands_for_one_class() -> None:
    places = defaultdict(list)
    for path, module in modules().items():
        if path == CLIENT_ERRORS:
            continue
        for node in ast.walk(module):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path}:{node.lineno}")
    repeated = {name: found for name, found in places.items() if len(found) > 1}
    assert not repeated


def test_a_public_function_has_a_name_of_its_own() -> None:
    places = defaultdict(list)
    for path, module in modules().items():
        if path.parts[0] in PRODUCTION:
            for node in module.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    places[node.name].append(f"{path}:{node.lineno}")
    repeated = {
        name: found
        for name, found in places.items()
        if len(found) > 1 and not name.startswith("_") and name not in SHARED_FUNCTIONS
    }
    assert not repeated


@pytest.mark.parametrize("package", [p for p in packages() if p.startswith(PRODUCTION)])
def test_numbers_say_where_they_come_from(package: str) -> None:
    bare, count = [], 0
    for path, module in _modules_of(package):
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        for node in module.body:
            if _is_chosen_number(node):
                count += 1
                if not _has_comment(node, lines):
                    bare.append(f"{path}:{node.lineno} {ast.unparse(node)}")
    assert len(bare) <= (1 - CONSTANTS_WITH_ORIGIN) * count, "\n".join(bare)


@pytest.mark.parametrize("package", [p for p in packages() if p.startswith(PRODUCTION)])
def test_public_functions_on_arrays_state_shape_and_type(package: str) -> None:
    vague = [
        f"{path}:{node.lineno} {node.name}"
        for path, module in _modules_of(package)
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and _has_arrays(node)
        and not _states_arrays(ast.get_docstring(node) or "")
    ]
    assert not vague, "\n".join(vague)


def _modules_of(package: str) -> Iterator[tuple[Path, ast.Module]]:
    return ((path, module) for path, module in modules().items() if package_of(path) == package)


def _identifiers(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Yields names that the module defines, from classes to attributes, with their lines."""
    for node in ast.walk(module):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr, node.lineno


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def _first_lines(module: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield text.splitlines()[0], getattr(node, "lineno", 1)


def _is_chosen_number(node: ast.stmt) -> bool:
    """Returns whether a module-level assignment contains a literal number."""
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return False
    values = node.value.elts if isinstance(node.value, ast.Tuple | ast.List) else [node.value]
    return any(_is_number(value) for value in values)


def _is_number(node: ast.expr) -> bool:
    match node:
        case ast.UnaryOp(operand=operand):
            return _is_number(operand)
        case ast.BinOp(left=left, right=right):
            return _is_number(left) and _is_number(right)
        case ast.Tuple(elts=elements):
            return any(map(_is_number, elements))
        case ast.Constant(value=value):
            return isinstance(value, int | float) and not isinstance(value, bool)
    return False


def _has_comment(node: ast.stmt, lines: list[str]) -> bool:
    """Returns whether a comment is on the lines of a statement or above its block.

    A comment above several assignments without a blank line between them counts for all.
    """
    if any("#" in line for line in lines[node.lineno - 1 : node.end_lineno]):
        return True
    above = node.lineno - 2
    while above >= 0 and lines[above].strip() and not lines[above].startswith("#"):
        above -= 1
    return above >= 0 and lines[above].startswith("#")


def _has_arrays(node: ast.FunctionDef) -> bool:
    arguments = [*node.args.args, *node.args.kwonlyargs]
    hints = [node.returns, *(argument.annotation for argument in arguments)]
    return any("ndarray" in ast.unparse(hint) for hint in hints if hint)


def _states_arrays(text: str) -> bool:
    shape = re.search(r"\([\w.+]+(, ?[\w.+]*)+\)|\b(its|same) shape\b", text)
    kind = re.search(r"uint8|u?int\d+|float(16|32|64)?\b|bool\b|complex", text)
    return bool(shape and kind)
