"""Settings are read from variables of one process or of all."""

import os

import pytest

from gateway.settings import GatewaySettings
from services.segmentation.engines import SegmentationSettings


@pytest.fixture(autouse=True)
def clear_environment(monkeypatch):
    """Removes the settings of the surrounding shell."""
    for name in list(os.environ):
        if name.startswith("CYCLORAMA_"):
            monkeypatch.delenv(name)


def test_defaults_listen_on_loopback_without_any_variable():
    assert SegmentationSettings.from_environment().listen == "127.0.0.1:50051"
    assert GatewaySettings.from_environment().listen == "127.0.0.1:50050"


def test_a_variable_of_one_process_overrides_the_shared_one(monkeypatch):
    monkeypatch.setenv("CYCLORAMA_GRACE_SECONDS", "4")
    assert SegmentationSettings.from_environment().grace_seconds == 4
    monkeypatch.setenv("CYCLORAMA_SEGMENTATION_GRACE_SECONDS", "9")
    assert SegmentationSettings.from_environment().grace_seconds == 9
    assert GatewaySettings.from_environment().grace_seconds == 4


def test_lists_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("CYCLORAMA_SEGMENTATION_ENGINES", "sam,classic")
    assert SegmentationSettings.from_environment().engines == ("sam", "classic")


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("CYCLORAMA_SEGMENTATION_MAX_CONCURRENT_CALLS", "many", "integer"),
        ("CYCLORAMA_MAX_CONCURRENT_CALLS", "0", "greater than or equal to 1"),
        ("CYCLORAMA_SEGMENTATION_LOG_FORMAT", "xml", "'json' or 'text'"),
        ("CYCLORAMA_SEGMENTATION_ENGINES", ",", "at least 1 item"),
    ],
)
def test_an_invalid_value_is_reported_with_variable_value_and_bounds(
    monkeypatch, name, value, hint
):
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as caught:
        SegmentationSettings.from_environment()
    assert f"{name}={value!r}" in str(caught.value) and hint in str(caught.value)


@pytest.mark.parametrize("stage", ["SEGMENTATION", "FINISHING"])
def test_an_invalid_address_of_a_stage_is_one_sentence(monkeypatch, stage):
    name = f"CYCLORAMA_GATEWAY_{stage}_ADDRESS"
    monkeypatch.setenv(name, "Stage")
    with pytest.raises(SystemExit) as caught:
        GatewaySettings.from_environment()
    assert str(caught.value) == (
        f"{name}='Stage': 'Stage' is not host:port, with a port from 1 to 65535"
    )
