"""Runs stages as a process: settings, logs, engines, server."""

import json
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import structlog
from google.protobuf.json_format import MessageToDict

from services.runtime.engines import Engines
from services.runtime.guards.validation import FieldRules
from services.runtime.logs import configure_logging
from services.runtime.server import Service, run_server
from services.runtime.settings import ServerSettings, StageSettings
from services.runtime.tracing import export_spans

if TYPE_CHECKING:
    from services.runtime.objects import ContentStore

log = structlog.get_logger()


@dataclass(frozen=True)
class StageDefinition:
    """What a process needs to serve a stage.

    name: as in settings, such as "segmentation" for SegmentationService. rules: for the fields of
    its requests. add: the generated function that adds a servicer to a server. settings: the class
    of its settings. open_engine: opens an engine by name, with `settings`. servicer: creates the
    servicer from the opened engines and the settings.
    """

    name: str
    rules: FieldRules
    add: Callable[[Any, Any], None]
    settings: type[StageSettings]
    open_engine: Callable[..., Any]
    servicer: Callable[[Engines[Any], Any], object]

    @property
    def service_name(self) -> str:
        """The full name of the stage's gRPC service."""
        return f"cyclorama.v1.{self.name.capitalize()}Service"

    def open_service(self, settings: StageSettings) -> Service:
        """Opens the engines of this stage and returns its gRPC service.

        Raises SystemExit if no engine opens.

        settings: of the stage; they name the engines.
        """
        return self.build_service(self.servicer(self._open_engines(settings), settings))

    def build_service(self, servicer: object) -> Service:
        """Returns the service with a given servicer."""
        return Service(self.service_name, self.add, servicer, self.rules)

    def list_engines(self) -> list[dict[str, Any]]:
        """Opens the engines that the environment names, and returns the fields of their statuses.

        One dictionary per EngineStatus message, best engine first.
        """
        return [
            MessageToDict(
                status, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
            )
            for status in self._open_engines(self.settings.from_environment()).list_statuses()
        ]

    def _open_engines(self, settings: StageSettings) -> Engines[Any]:
        return Engines(settings.engines, partial(self.open_engine, settings=settings))


def serve_stages(stage: StageDefinition, *others: StageDefinition) -> None:
    """Serves one or more stages in this process until it receives SIGTERM or Ctrl-C.

    With --engines on the command line it serves nothing and prints the engines of each stage, as
    JSON in its last line.

    stage: its settings apply to the server and the logs too.
    others: further stages, whose settings apply to their engines only.
    """
    if "--engines" in sys.argv[1:]:
        print(json.dumps({listed.name: listed.list_engines() for listed in (stage, *others)}))
        return
    settings = stage.settings.from_environment()
    configure_logging(stage.name, settings)
    services = [stage.open_service(settings)]
    for other in others:
        services.append(other.open_service(other.settings.from_environment()))
        for name in find_server_variables(other):
            log.warning("setting without effect", setting=name, process=stage.name)
    with export_spans(stage.name, settings):
        run_server(services, settings, _open_store(settings.artifact_store))
    _end_process()


def _end_process() -> NoReturn:
    """Ends this process with status 0, now that everything is closed.

    Without the teardown of the interpreter, which takes seconds with PyTorch and its threads:
    supervisors kill processes that take so long.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)


def find_server_variables(stage: StageDefinition) -> list[str]:
    """Returns the environment variables, of those set, that configure the server of one stage.

    They have no effect if another stage runs the server. Empty ones count as not set.
    """
    names = (f"CYCLORAMA_{stage.name}_{field}".upper() for field in ServerSettings.model_fields)
    return [name for name in names if os.environ.get(name)]


def _open_store(address: str) -> "ContentStore | None":
    """Opens the store through which services pass images by reference; None for an empty address.

    address: a folder, or a bucket such as s3://bucket/prefix.
    """
    if not address:
        return None
    # Imported here, as most processes share no store.
    from services.runtime.objects import ContentStore

    return ContentStore(address)
