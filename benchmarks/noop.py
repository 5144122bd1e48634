"""All five stages in one process, on the engines that do nothing: what is left is the rest.

python -m benchmarks.noop

It is configured like any stage: CYCLORAMA_LISTEN, CYCLORAMA_NOOP_SECONDS. Finishing never pauses,
so that after four stages of a set time only what the gateway does is left.
"""

from collections.abc import Iterator
from importlib import import_module

from pydantic import Field

from benchmarks.serving import STAGES
from services.runtime.logs import configure
from services.runtime.objects import Objects
from services.runtime.server import Service, run
from services.runtime.settings import Names, StageSettings, settings_config


class Settings(StageSettings):
    """What the process can be told."""

    model_config = settings_config("noop")

    at_work: int = Field(64, ge=1, le=1024)
    engines: Names = Field(("noop",), min_length=1)


def open_services(settings: Settings) -> Iterator[tuple[str, Service]]:
    """Every stage by its name, with its own servicer and engine."""
    for name in STAGES:
        yield name, import_module(f"services.{name}.servicer").STAGE.open(settings)
    unpaused = settings.model_copy(update={"noop_seconds": 0.0})
    yield "finishing", import_module("services.finishing.servicer").STAGE.open(unpaused)


if __name__ == "__main__":
    settings = Settings.from_environment()
    configure("noop", settings)
    objects = Objects(settings.artifacts) if settings.artifacts else None
    run([service for _, service in open_services(settings)], settings, objects)
