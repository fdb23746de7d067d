"""Logs of a run: not written, but an error among them is a broken promise, and what else is said is counted."""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from structlog.typing import EventDict, WrappedLogger

_BETWEEN_OURS = ("answer", "ask")
"""Both ends of a stream are ours here: neither may say what the other must refuse."""


class Noticed:
    def __init__(self) -> None:
        self.errors: list[str] = []
        self.counted: Counter[str] = Counter()


@contextmanager
def logs() -> Iterator[Noticed]:
    noticed = Noticed()

    def notice(_: WrappedLogger, level: str, event: EventDict) -> EventDict:
        name = str(event["event"])
        # Killed again and again over one message, by the faults: putting it aside is what is promised then.
        is_meant = name == "message_dead_lettered" and "in a row ended" in str(event.get("reason"))
        if level in ("error", "exception", "critical") and not is_meant:
            raised = event.get("exc_info")
            said = {key: value for key, value in event.items() if key not in ("event", "exc_info")}
            noticed.errors.append(f"logged {name} {said} {raised!r}")
        if name == "refused" and event["what"] in _BETWEEN_OURS:
            noticed.errors.append(f"the gateway refused an {event['what']}: {event['reason']}")
        noticed.counted[f"log {name}"] += 1
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, notice],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    try:
        yield noticed
    finally:
        structlog.configure(**before)
