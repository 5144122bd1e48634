"""Settings of the background process, and opening engines by name."""

import pytest
from pydantic import ValidationError

from services.background.engines import ENGINES, BackgroundSettings, open_engine
from services.runtime.errors import EngineNotReady


def test_the_defaults_open_every_engine_with_the_studio_last():
    settings = BackgroundSettings()
    assert settings.engines == ENGINES and ENGINES[-1] == "studio"
    assert settings.listen == "127.0.0.1:50052" and settings.mitsuba_variant == "auto"


def test_settings_are_read_from_variables_of_the_process(monkeypatch):
    monkeypatch.setenv("CYCLORAMA_BACKGROUND_ENGINES", "studio,noop")
    monkeypatch.setenv("CYCLORAMA_BACKGROUND_MITSUBA_VARIANT", "scalar_rgb")
    settings = BackgroundSettings()
    assert settings.engines == ("studio", "noop") and settings.mitsuba_variant == "scalar_rgb"


@pytest.mark.parametrize("fields", [{"engines": ()}, {"mitsuba_variant": "cuda_rgb"}])
def test_invalid_settings_are_refused(fields):
    with pytest.raises(ValidationError):
        BackgroundSettings(**fields)


def test_an_unknown_engine_is_an_error_that_lists_the_known_ones():
    with pytest.raises(EngineNotReady, match=r"choose from .*studio"):
        open_engine("painter", BackgroundSettings())


def test_the_noop_engine_takes_its_pause_from_the_settings():
    engine = open_engine("noop", BackgroundSettings(noop_delay_seconds=0))
    assert engine.name == "noop"
