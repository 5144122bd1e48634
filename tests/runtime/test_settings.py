import os

import pytest

from gateway.settings import Settings as GatewaySettings
from services.segmentation.engines import Settings


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """No setting of the surrounding shell reaches these tests."""
    for name in list(os.environ):
        if name.startswith("CYCLORAMA_"):
            monkeypatch.delenv(name)


def test_defaults_run_on_a_bare_machine_and_listen_on_loopback():
    assert Settings.from_environment().listen == "127.0.0.1:50051"
    assert GatewaySettings.from_environment().listen == "127.0.0.1:50050"


def test_a_setting_for_all_processes_yields_to_one_for_this_process(monkeypatch):
    monkeypatch.setenv("CYCLORAMA_GRACE_SECONDS", "4")
    assert Settings.from_environment().grace_seconds == 4
    monkeypatch.setenv("CYCLORAMA_SEGMENTATION_GRACE_SECONDS", "9")
    assert Settings.from_environment().grace_seconds == 9
    assert GatewaySettings.from_environment().grace_seconds == 4


def test_a_list_is_written_with_commas(monkeypatch):
    monkeypatch.setenv("CYCLORAMA_SEGMENTATION_ENGINES", "sam,classic")
    assert Settings.from_environment().engines == ("sam", "classic")


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("CYCLORAMA_SEGMENTATION_MAX_CONCURRENT_CALLS", "many", "integer"),
        ("CYCLORAMA_MAX_CONCURRENT_CALLS", "0", "greater than or equal to 1"),
        ("CYCLORAMA_SEGMENTATION_LOG_FORMAT", "xml", "'json' or 'text'"),
        ("CYCLORAMA_SEGMENTATION_ENGINES", ",", "at least 1 item"),
    ],
)
def test_a_wrong_value_names_the_key_the_value_and_what_is_allowed(monkeypatch, name, value, hint):
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as caught:
        Settings.from_environment()
    assert f"{name}={value!r}" in str(caught.value) and hint in str(caught.value)
