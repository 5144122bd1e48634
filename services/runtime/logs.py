"""One log line per event, as JSON for programs or as text for people."""

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from services.runtime.settings import ServerSettings
from services.runtime.tracing import add_ids


def configure(process: str, settings: ServerSettings) -> None:
    """Sends our own and the libraries' log lines to standard output, marked with `process`."""
    shared = [
        structlog.contextvars.merge_contextvars,
        add_ids,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper("iso" if settings.log_format == "json" else "%H:%M:%S"),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        # Lines below the level end here, before anything is made of them.
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(settings.log_format, process),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)


def _rendering(log_format: str, process: str) -> list:
    if log_format == "text":
        plain = structlog.dev.plain_traceback
        colors = sys.stdout.isatty()
        return [
            structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0, exception_formatter=plain)
        ]

    def name_process(_logger, _method, event: dict) -> dict:
        return {"service": process, **event}

    return [
        # Without local variables: they hold prompts and pictures.
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
        name_process,
        structlog.processors.JSONRenderer(),
    ]
