"""Each symptom on the page about troubleshooting is a text, an error or a warning of the code."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tools import ROOT
from tools.reference.troubleshooting import read_symptoms

SYMPTOMS = [*read_symptoms()]
FOLDERS = ("services", "gateway", "clients", "tools")
# No caller sees it.
HIDDEN = {"CALL_CANCELLED"}


def read_reasons() -> set[str]:
    """Returns the reasons in the error table."""
    page = (ROOT / "docs" / "reference" / "errors.md").read_text()
    return set(re.findall(r"^\| `([A-Z_]+)`", page, re.MULTILINE))


@cache
def read_texts() -> list[str]:
    """Returns all string literals of the code, with … for each placeholder, and the Makefile."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    trees = (ast.parse(path.read_text()) for path in paths if "v1" not in path.parts)
    makefile = re.sub(r"\$\$\w+", "…", (ROOT / "Makefile").read_text())
    return [makefile, *(text for tree in trees for text in list_literals(tree))]


def list_literals(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (each.value if isinstance(each, ast.Constant) else "…" for each in node.values)
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.sub(r"\{\w+\}", "…", node.value)


@pytest.mark.parametrize(
    "text", [each.text for each in SYMPTOMS if each.text], ids=lambda text: text[:40]
)
def test_an_error_text_of_the_page_is_one_of_the_code(text):
    assert any(text in literal for literal in read_texts())


def test_every_reason_of_an_error_has_a_cause_and_a_remedy():
    assert read_reasons() - {each.reason for each in SYMPTOMS} == HIDDEN
    assert all(each.cause and each.remedy for each in SYMPTOMS)


def test_reasons_of_the_page_exist():
    named = {each.reason for each in SYMPTOMS if each.reason}
    assert named - read_reasons() <= set(read_texts())


def test_every_symptom_has_a_text_or_a_reason():
    assert [each for each in SYMPTOMS if not each.text and not each.reason] == []
