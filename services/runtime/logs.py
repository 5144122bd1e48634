"""One log line per event, as JSON for programs or as text for people."""

import io
import logging
import sys
import textwrap

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
        return [
            _printable,
            structlog.dev.ConsoleRenderer(
                colors=sys.stdout.isatty(), pad_event_to=0, exception_formatter=_write_traceback
            ),
        ]

    def name_process(_logger, _method, event: dict) -> dict:
        return {"service": process, **event}

    return [
        # Without local variables: they hold prompts and pictures.
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
        name_process,
        structlog.processors.JSONRenderer(),
    ]


def _printable(_logger, _method, event: dict) -> dict:
    """Escapes what a terminal would obey, and line ends: nobody's words become a line of the log.

    JSON does so by itself.
    """
    return {
        name: _escaped(value) if isinstance(value, str) else value for name, value in event.items()
    }


def _write_traceback(out: io.TextIOBase, exc_info: tuple) -> None:
    """The stack, moved in: it may quote several lines of what somebody sent."""
    plain = io.StringIO()
    structlog.dev.plain_traceback(plain, exc_info)
    lines = map(_escaped, plain.getvalue().splitlines())
    out.write(textwrap.indent("\n".join(lines), "  "))


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
