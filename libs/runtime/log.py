"""Log lines: structured events on stderr, as JSON or for a person, with what the work at hand belongs to in every line.

log = logger()
with bound(deployment=…, target=…, message_id=…):
    log.info("step_started", step=2)
"""

import logging
import sys
from contextlib import AbstractContextManager
from typing import TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from libs.runtime import trace
from libs.runtime.clock import Clock
from libs.runtime.redact import redacted

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_encoder = msgspec.json.Encoder(enc_hook=repr)


def logger() -> FilteringBoundLogger:
    """A logger. It may be made before `configure` and still obeys it."""
    return cast(FilteringBoundLogger, structlog.get_logger())


def bound(**fields: object) -> AbstractContextManager[None]:
    """Put these fields into every line written inside, by this task and those it starts."""
    return structlog.contextvars.bound_contextvars(**fields)


def configure(clock: Clock, style: str = "json", level: str = "info", stream: TextIO | None = None) -> None:
    """Send everything that is logged to stderr. What libraries say comes out the same way, from warnings on."""
    out = stream or sys.stderr
    render: list[Processor] = [
        structlog.processors.format_exc_info,
        _redact,
        _for_people(out) if style == "text" else _as_json,
    ]
    structlog.configure(
        processors=[*_described(clock), *render],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    _route_libraries(clock, render, out)


def _described(clock: Clock) -> list[Processor]:
    def stamped(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["at"] = clock.now().isoformat(timespec="milliseconds")
        return event

    return [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, stamped, _traced]


def _for_people(out: TextIO) -> Processor:
    return structlog.dev.ConsoleRenderer(
        colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback, timestamp_key="at"
    )


def _traced(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    place = trace.current()
    if place is not None:
        event.setdefault("trace_id", place.trace_id)
    return event


def _redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    first = {key: event[key] for key in ("at", "level", "event") if key in event}
    return {key: redacted(key, value) for key, value in {**first, **event}.items()}


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    try:
        return _encoder.encode(event).decode()
    except (TypeError, ValueError, RecursionError):
        # A line that cannot be encoded still says what it can: a log call never raises.
        return _encoder.encode({str(key): ascii(value) for key, value in event.items()}).decode()


def _route_libraries(clock: Clock, render: list[Processor], out: TextIO) -> None:
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_described(clock), structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
