"""Settings of the page: numbers from the environment, and errors that name the variable."""

import pytest

from cyclorama.web.settings import PageSettings, read_page_settings


def test_numbers_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("CYCLORAMA_WEB_UPLOAD_MIB", "64")
    monkeypatch.setenv("CYCLORAMA_WEB_CONNECTIONS", "")
    settings = read_page_settings([])
    assert settings.upload_mib == 64 and settings.connections == PageSettings.connections


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_an_invalid_number_names_its_variable(monkeypatch, value):
    monkeypatch.setenv("CYCLORAMA_WEB_CONNECTIONS", value)
    with pytest.raises(SystemExit, match=f"CYCLORAMA_WEB_CONNECTIONS={value}"):
        read_page_settings([])
