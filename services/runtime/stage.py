"""The way every stage starts: settings, logs, engines, server."""

from collections.abc import Callable
from functools import partial

from services.imaging.images import Images
from services.runtime.engines import Engines
from services.runtime.logs import configure
from services.runtime.server import Service, run
from services.runtime.settings import StageSettings
from services.runtime.tracing import exported


def serve(
    process: str,
    name: str,
    add: Callable,
    servicer: Callable,
    settings_type: type[StageSettings],
    open_engine: Callable,
) -> None:
    """Reads the settings of `process`, opens its engines and serves until it is told to stop."""
    settings = settings_type.from_environment()
    configure(process, settings)
    engines = Engines(settings.engines, partial(open_engine, settings=settings))
    images = Images(settings, settings.max_message_mib)
    service = Service(name, add, servicer(engines, images))
    with exported(process, settings):
        run(service, settings, _objects(settings.artifacts))


def _objects(address: str):
    if not address:
        return None
    from services.runtime.objects import Objects

    return Objects(address)
