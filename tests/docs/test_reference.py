"""The pages of docs/reference that are made from the code, and that they are as the code is."""

import pytest

from docs.generators import FOLDER, PAGES
from docs.generators.contract import read_protos
from docs.generators.settings import PROCESSES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_the_code_is(name):
    assert (FOLDER / name).read_text() == PAGES[name](), "run `make reference`"


def test_the_api_page_has_every_service_and_message():
    text = (FOLDER / "api.md").read_text()
    for file in read_protos():
        if file.package == "cyclorama.v1":
            for part in (*file.service, *file.message_type, *file.enum_type):
                assert f"### {part.name}\n" in text


def test_the_settings_page_has_every_setting_of_every_process():
    text = (FOLDER / "settings.md").read_text()
    for process, kind in PROCESSES.items():
        for field in kind.model_fields.values():
            own, shared = field.validation_alias.choices
            assert f"`{own}`" in text or f"`{shared}`" in text, f"{process}: {own}"
