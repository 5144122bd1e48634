"""The pages in docs/reference are up to date and complete."""

import re

import pytest
import typer

import cyclorama
from cyclorama.cli import app
from cyclorama.web.error_messages import REASONS
from services.finishing.checks import CHECKS
from tools.reference import DOCS, FOLDER, INSTALLED, PAGES, REPORTS, licenses, profiles
from tools.reference.client import split_docstring
from tools.reference.command_line import walk_commands
from tools.reference.contract import read_protos
from tools.reference.settings import PROCESSES


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_generated_from_the_code(name):
    assert (FOLDER / name).read_text() == PAGES[name](), "run `make reference`"


def test_the_page_of_profiles_explains_every_check():
    assert set(profiles.MEANINGS) == set(CHECKS)


def read_folder(name):
    """Returns the text of all generated pages of a folder."""
    return "\n".join(path.read_text() for path in (FOLDER / name).glob("*.md"))


def test_no_other_pages_are_in_the_folders_of_generated_pages():
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.md")}
    assert found == {name for name in (*PAGES, *INSTALLED) if not name.startswith("..")}
    assert {f"benchmarks/{path.name}" for path in DOCS.glob("benchmarks/*.md")} <= set(REPORTS)


def test_the_api_pages_document_every_service_method_and_message():
    text = read_folder("api")
    for file in read_protos():
        if file.package == "cyclorama.v1":
            for part in (*file.service, *file.message_type, *file.enum_type):
                assert f"## {part.name}\n" in text
            for service in file.service:
                for method in service.method:
                    assert text.count(f"### {service.name}.{method.name}\n") == 1


def test_every_command_is_on_one_page_of_the_cli_reference():
    text = read_folder("cli")
    for name, _ in walk_commands(typer.main.get_command(app.app)):
        assert text.count(f"## {name}\n") == 1


def test_the_settings_page_documents_every_setting_of_every_process():
    text = (FOLDER / "settings.md").read_text()
    for process, kind in PROCESSES.items():
        for field in kind.model_fields.values():
            own, shared = field.validation_alias.choices
            assert f"`{own}`" in text or f"`{shared}`" in text, f"{process}: {own}"


def test_the_client_page_documents_every_public_name_and_argument():
    text = read_folder("client")
    for name in set(cyclorama.__all__) - {"__version__"}:
        assert f"## {name}\n" in text, name
    assert re.findall(r"^\| `.*\|  \|$", text, re.MULTILINE) == []


def test_arguments_in_a_docstring_are_separated_from_the_rest():
    doc = "Cuts.\n\nsize: width x\nheight, see Size. a, b: of it.\n\nErrors: ValueError for none."
    rest, meanings = split_docstring(doc, ["size", "a", "b"])
    assert rest == ["Cuts.", "Errors: ValueError for none."]
    assert meanings == {
        "size": "width x height, see [Size](../api/image.md#size)",
        "a": "of it",
        "b": "of it",
    }


def test_the_errors_page_documents_every_reason():
    text = (FOLDER / "errors.md").read_text()
    found = set(re.findall(r"^\| `([A-Z_]+)`", text, re.MULTILINE))
    assert found >= set(REASONS)
    named = re.findall(r"`([A-Z]+_[A-Z_]*[A-Z])`", read_folder("client"))
    assert found >= set(named)


def test_the_licenses_page_lists_every_locked_package():
    text = (FOLDER / "licenses.md").read_text()
    rows = dict(re.findall(r"^\| `([\w.-]+)` \| (.*?) \|", text, re.MULTILINE))
    assert rows.keys() == licenses.read_locked_packages("all") | set(licenses.UNLOCKED), (
        "run `make reference`"
    )
    assert [name for name, words in rows.items() if not words.strip()] == []
    assert "for its owner to\nchoose" in text


def test_a_license_is_the_short_name_from_package_metadata():
    assert licenses.find_license("numpy").startswith("BSD-3-Clause")
    found = {
        name: licenses.find_license(name)
        for name, *_ in licenses.list_packages()
        for name in [name[1:-1]]
    }
    assert all(len(words) <= 80 and "\n" not in words for words in found.values())
    assert licenses.find_license("no-such-package") == ""
