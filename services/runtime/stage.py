"""The way every stage starts: settings, logs, engines, server."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from google.protobuf.json_format import MessageToDict

from services.runtime.engines import Engines
from services.runtime.guards.validation import Rules
from services.runtime.logs import configure
from services.runtime.server import Service, run
from services.runtime.settings import ServerSettings, StageSettings
from services.runtime.tracing import exported

log = structlog.get_logger()


@dataclass(frozen=True)
class Stage:
    """A stage as a process serves it.

    name: as in settings, such as "segmentation", of which SegmentationService is the service.
    rules: of the fields of its requests. add: adds a servicer to a server. settings: the class of
    its settings. open_engine: opens an engine by name, with `settings`. servicer: makes the
    servicer of opened engines and the settings.
    """

    name: str
    rules: Rules
    add: Callable[[Any, Any], None]
    settings: type[StageSettings]
    open_engine: Callable[..., Any]
    servicer: Callable[[Engines, Any], object]

    @property
    def service_name(self) -> str:
        """The full name of its gRPC service."""
        return f"cyclorama.v1.{self.name.capitalize()}Service"

    def open(self, settings: StageSettings) -> Service:
        """Opens the engines and makes the service; SystemExit when no engine can be opened."""
        return self.service(self.servicer(self._open_engines(settings), settings))

    def list_engines(self) -> list[dict[str, Any]]:
        """The fields of every EngineStatus, as the settings of the environment make them."""
        return [
            MessageToDict(
                status, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
            )
            for status in self._open_engines(self.settings.from_environment()).statuses()
        ]

    def service(self, servicer: object) -> Service:
        """The service of a servicer."""
        return Service(self.service_name, self.add, servicer, self.rules)

    def _open_engines(self, settings: StageSettings) -> Engines:
        return Engines(settings.engines, partial(self.open_engine, settings=settings))


def serve(stage: Stage, *others: Stage) -> None:
    """Serves a stage until the process is to stop, and others with it in the same process.

    The process listens, logs and stops as the settings of the first one say; the engines of each
    stage are those of its own settings. With --engines it serves nothing: its last line is a JSON
    object with the engines of each stage.
    """
    if "--engines" in sys.argv[1:]:
        print(json.dumps({each.name: each.list_engines() for each in (stage, *others)}))
        return
    settings = stage.settings.from_environment()
    configure(stage.name, settings)
    services = [stage.open(settings)]
    for other in others:
        services.append(other.open(other.settings.from_environment()))
        for name in server_settings_of(other):
            log.warning("setting without effect", setting=name, process=stage.name)
    with exported(stage.name, settings):
        run(services, settings, _objects(settings.artifact_store))


def server_settings_of(stage: Stage) -> list[str]:
    """The variables of the environment by which a process of this stage alone would be served."""
    names = (f"CYCLORAMA_{stage.name}_{field}".upper() for field in ServerSettings.model_fields)
    return [name for name in names if name in os.environ]


def _objects(address: str):
    if not address:
        return None
    from services.runtime.objects import Objects

    return Objects(address)
