"""Logging: one line per event, as JSON for programs or as text for people."""

import io
import logging
import sys
import textwrap
from types import TracebackType
from typing import TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.types import EventDict, Processor, WrappedLogger

from services.runtime.settings import ServerSettings
from services.runtime.tracing import add_trace_ids


def configure_logging(process: str, settings: ServerSettings) -> None:
    """Sends the log lines of this process and its libraries to standard output.

    process: name of this process, such as "gateway", in every JSON line.
    settings: their format, JSON or text, and the lowest level that is logged.
    """
    # For our own lines, which come from structlog, and those of libraries, which do not.
    shared_processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_trace_ids,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper("iso" if settings.log_format == "json" else "%H:%M:%S"),
    ]
    structlog.configure(
        processors=[*shared_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        # Drops lines below the level before any processor runs.
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_processors,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_build_renderers(settings.log_format, process),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)


def _build_renderers(log_format: str, process: str) -> list[Processor]:
    """Returns the structlog processors that turn a log line's fields into its final text.

    log_format: "text" for people, or "json" for programs.
    process: name of this process, added to JSON lines.
    """
    if log_format == "text":
        return [
            _escape_values,
            structlog.dev.ConsoleRenderer(
                colors=sys.stdout.isatty(), pad_event_to=0, exception_formatter=_write_traceback
            ),
        ]

    def add_process_name(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return {"service": process, **event}

    return [
        # Without local variables, which contain prompts and images.
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
        add_process_name,
        structlog.processors.JSONRenderer(),
    ]


def _escape_values(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Escapes control characters and line ends in a log line, so that no caller can forge lines.

    A structlog processor: logger and method are not used; event has the line's fields. For text
    only, as the JSON renderer does so by itself.
    """
    return {
        name: _escape_text(value) if isinstance(value, str) else value
        for name, value in event.items()
    }


def _write_traceback(
    out: TextIO, exc_info: tuple[type[BaseException], BaseException, TracebackType | None]
) -> None:
    """Writes the stack trace of an exception, escaped and indented.

    Its lines may quote text that a caller sent, which must not look like a log line.

    out: where to write it.
    exc_info: class, exception and traceback, as from sys.exc_info().
    """
    plain = io.StringIO()
    structlog.dev.plain_traceback(plain, exc_info)
    lines = map(_escape_text, plain.getvalue().splitlines())
    out.write(textwrap.indent("\n".join(lines), "  "))


def _escape_text(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
