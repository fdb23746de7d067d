"""Everything that happened, in order: what was told on the bus, and what the cluster was made to hold."""

import msgspec

from cli.story import told
from libs.api.view import EventView
from libs.bus.broker import Broker
from libs.messages.codec import decode_envelope
from libs.workload.kinds.objects import number, text
from sandbox.state.cluster import Cluster
from sandbox.state.store import Event
from tests.integration.crash.skipping import LoopClock


class Diary:
    """Lines for a page. A change of the cluster stands after the fact that it followed."""

    def __init__(self, broker: Broker, clock: LoopClock, cluster: Cluster) -> None:
        self._broker = broker
        self._clock = clock
        self._changes: list[tuple[int, str]] = []
        self._read = 0
        cluster.store.listen(self._heard)

    def begin(self) -> None:
        """What came before is not of this page."""
        self._read = self._broker.last_sequence
        self._changes.clear()

    def news(self) -> list[str]:
        facts = [
            (stored.sequence, line)
            for stored in self._broker.stored(["evt.>"], self._read)
            if (line := _told(stored.data))
        ]
        self._read = self._broker.last_sequence
        lines = sorted([*facts, *self._changes], key=lambda one: one[0])
        self._changes = []
        return [line for _, line in lines]

    def _heard(self, event: Event) -> None:
        if changed := _change(event):
            at = self._clock.now()
            place = text(event.value, "metadata", "namespace")
            self._changes.append((self._broker.last_sequence, f"{at:%H:%M:%S}    {place}: {changed}"))


def _told(data: bytes) -> str:
    envelope = decode_envelope(data)
    return told(EventView(envelope.type, envelope.at, msgspec.json.decode(envelope.data)))


def _change(event: Event) -> str:
    """What a reader wants to know of a change; empty for the rest."""
    kind = event.ref.resource.partition(".")[0]
    if kind == "replicasets":
        return _resized(event)
    if kind == "services":
        return _pointed(event)
    if event.previous is None and kind in ("deployments", "horizontalpodautoscalers", "configmaps", "jobs"):
        return f"{event.value.get('kind')} {text(event.value, 'metadata', 'name')} is made"
    return ""


def _resized(event: Event) -> str:
    value, before = event.value, event.previous
    size, was = number(value, "spec", "replicas"), number(before, "spec", "replicas") if before else 0
    return "" if size == was else f"{_image(value)} {was} ▸ {size} pods"


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
