"""From a query's template to the text that is asked: what a round's window is called in templates. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from libs.analysis.state import Run, Window, window
from libs.gates.variables import variables
from libs.plan.model import Definitions
from libs.templates.render import TooLong, UnknownName, render

QUERY_CHARACTERS = 64 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Unrenderable(Exception):
    """The template gives no query; the text says where, and no value."""


def values(run: Run, definitions: Definitions, deployment: str) -> dict[str, str]:
    """Everything but secrets that a query of this run may name."""
    return variables(run.subject, definitions, deployment, _times(window(run)))


def rendered(template: str, named: Mapping[str, str]) -> str:
    try:
        text = render(template, named)
    except UnknownName as error:
        raise Unrenderable(f"queryTemplate, {error}") from None
    except TooLong as error:
        raise Unrenderable(f"queryTemplate: {error}") from None
    if len(text) > QUERY_CHARACTERS:
        raise Unrenderable(f"queryTemplate gives a query longer than {QUERY_CHARACTERS} characters")
    return text


def epoch_millis(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _times(covered: Window) -> dict[str, str]:
    named = {
        "intervalMillis": str(covered.seconds * 1000),
        "intervalSeconds": str(covered.seconds),
        "promQlStepInterval": f"{covered.seconds}s",
        **_instant("startTime", covered.start),
        **_instant("endTime", covered.end),
    }
    return {f"armory.{name}": value for name, value in named.items()}


def _instant(name: str, at: datetime) -> dict[str, str]:
    millis = epoch_millis(at)
    return {
        f"{name}Iso8601": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        f"{name}EpochSeconds": str(millis // 1000),
        f"{name}EpochMillis": str(millis),
    }
