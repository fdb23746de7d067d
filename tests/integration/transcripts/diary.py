"""Everything that happened, in order: what was told on the bus, and what the cluster was made to hold."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from cli.showing.story import Story
from libs.api.view import EventView
from libs.bus.broker import Broker
from libs.durable.ports import Stored
from libs.messages.codec import decode_envelope
from libs.messages.subject import parse
from libs.workload.kinds.objects import number, text
from sandbox.state.store import Change, Event
from tests.integration.crash.cluster import Holding
from tests.integration.crash.skipping import LoopClock

TOLD = (
    "configmaps",
    "cronjobs",
    "customresourcedefinitions",
    "deployments",
    "horizontalpodautoscalers",
    "jobs",
    "rollouts",
    "secrets",
    "statefulsets",
    "widgetry",
    "widgets",
)
"""Kinds whose coming, changing and going a reader is told; ReplicaSets and Services have lines of their own."""


class Entry(NamedTuple):
    sequence: int
    at: datetime
    line: str


class Diary:
    """Lines for a page. A change of the cluster stands after the fact that it followed."""

    def __init__(self, broker: Broker, clock: LoopClock, cluster: Holding) -> None:
        self._broker = broker
        self._clock = clock
        self._changes: list[Entry] = []
        self._read = 0
        self._stories: dict[str, Story] = {}
        """By deployment."""
        self._day = clock.now().date()
        cluster.store.listen(self._heard)

    def news(self) -> list[str]:
        stored = self._broker.stored(["evt.>"], self._read)
        facts = [entry for one in stored if (entry := self._told(one)).line]
        self._read = self._broker.last_sequence
        entries = sorted([*facts, *self._changes], key=lambda entry: entry.sequence)
        self._changes = []
        return [line for entry in entries for line in (*self._next_day(entry.at), entry.line)]

    def _next_day(self, at: datetime) -> tuple[str, ...]:
        """Lines tell the time of day only."""
        days, self._day = (at.date() - self._day).days, at.date()
        return ("          a day later",) if days == 1 else (f"          {days} days later",) if days else ()

    def note(self, place: str, what: str) -> None:
        """What happened beside the facts: in the cluster, or outside."""
        at = self._clock.now()
        self._changes.append(Entry(self._broker.last_sequence, at, f"{at:%H:%M:%S}    {place}: {what}"))

    def _told(self, stored: Stored) -> Entry:
        envelope = decode_envelope(stored.data)
        story = self._stories.setdefault(parse(stored.subject).key.deployment, Story())
        line = story.line(EventView(envelope.type, envelope.at, msgspec.json.decode(envelope.data)))
        return Entry(stored.sequence, envelope.at, line)

    def _heard(self, event: Event) -> None:
        if changed := _change(event):
            self.note(text(event.value, "metadata", "namespace") or "cluster", changed)


def _change(event: Event) -> str:
    """What a reader wants to know of a change; empty for the rest."""
    kind = event.ref.resource.partition(".")[0]
    if kind == "replicasets":
        return _resized(event)
    if kind == "services":
        return _pointed(event)
    return _came(event) if kind in TOLD else ""


def _came(event: Event) -> str:
    what = f"{event.value.get('kind')} {text(event.value, 'metadata', 'name')}"
    if event.change is Change.DELETED:
        return f"{what} is taken away"
    if event.previous is None:
        return f"{what} is made"
    return f"{what} is changed" if _meant(event.value) != _meant(event.previous) else ""


def _meant(value: dict[str, object]) -> dict[str, object]:
    """What its owner says of it."""
    return {name: one for name, one in value.items() if name not in ("metadata", "status")}


def _resized(event: Event) -> str:
    value, before = event.value, event.previous
    size, was = number(value, "spec", "replicas"), number(before, "spec", "replicas") if before else 0
    return "" if size == was else f"{_image(value)} {was} ▸ {size} pod{'' if size == 1 else 's'}"


def _pointed(event: Event) -> str:
    name, selector = text(event.value, "metadata", "name"), _selector(event.value)
    if event.previous is not None and _selector(event.previous) == selector:
        return ""
    return f"Service {name} selects {selector}"


def _selector(value: dict[str, object]) -> str:
    spec = value.get("spec")
    selector = spec.get("selector") if isinstance(spec, dict) else None
    return ", ".join(f"{key}={one}" for key, one in sorted((selector or {}).items()))


def _image(value: dict[str, object]) -> str:
    return str(value["spec"]["template"]["spec"]["containers"][0]["image"])  # type: ignore[index]
