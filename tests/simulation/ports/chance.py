"""Which faults strike, and when: all of it follows from a seed, and any part of it can be left out again.

Every kind of fault has its own stream of draws, one for each opportunity. So a fault is named by its kind and the
number of its opportunity, and a run that is given a list of such names injects just these.
"""

from collections import Counter
from random import Random

from msgspec import Struct

RATES = {
    "agent.away": 0.01,
    "agent.busy": 0.01,
    "agent.silent": 0.01,
    "agent.unreachable": 0.01,
    "ack.lost": 0.03,
    "api.conflict": 0.02,
    "api.error": 0.02,
    "api.error_after": 0.02,
    "api.throttled": 0.02,
    "clock.wrong": 0.3,
    "consumer.reset": 0.05,
    "delivery.twice": 0.03,
    "link.answer_lost": 0.02,
    "link.late": 0.02,
    "link.lost": 0.02,
    "packet.lost": 0.05,
    "plane.outage": 0.04,
    "process.dies_after": 0.004,
    "process.dies_before": 0.004,
    "process.stalls": 0.003,
    "store.doubt": 0.01,
    "store.lost": 0.01,
    "store.unavailable": 0.01,
    "stream.breaks": 0.02,
    "stream.gone": 0.01,
    "stream.stalls": 0.01,
    "timers.late": 0.04,
    # Below: what befalls agents and gateways. At the end, so that the draws of what was there before stay as they were.
    "agent.dies_after": 0.002,
    "agent.dies_before": 0.002,
    "agent.narrow": 0.5,
    "agent.stalls": 0.002,
    "agent.stops": 0.002,
    "answer.long": 0.3,
    "api.late": 0.02,
    "gateway.dies_after": 0.001,
    "gateway.dies_before": 0.001,
    "gateway.stalls": 0.001,
    "gateway.stops": 0.001,
    "issuer.silent": 0.2,
    "line.breaks": 0.004,
    "line.half_open": 0.004,
    "line.stalls": 0.004,
}
"""By kind: how likely an opportunity is taken where the kind is among those of the run."""

_QUIET = 0.2
"""How many runs have no faults at all."""
_CHOSEN = 0.3
"""How likely each kind is among those of a run that has faults."""
_SCALES = (0.3, 1.0, 1.0, 3.0)


class Fault(Struct, frozen=True, order=True):
    """One fault that was injected."""

    kind: str
    number: int
    """Of its opportunity, from 1."""

    def __str__(self) -> str:
        return f"{self.kind}#{self.number}"


class Chance:
    """Draws for one run. `only`: nothing but these faults."""

    def __init__(self, seed: int, only: frozenset[Fault] | None = None) -> None:
        self.injected: list[Fault] = []
        self.met: Counter[str] = Counter()
        """How often each kind could have struck."""
        self._seed = seed
        self._only = only
        self.rates = _swarm(seed)
        self._streams: dict[str, Random] = {}
        self._is_over = False

    def strikes(self, kind: str) -> bool:
        return self.amount(kind) is not None

    def amount(self, kind: str) -> float | None:
        """None where the fault does not strike; else how hard, from 0 to 1."""
        rate = self.rates.get(kind)
        if rate is None or self._is_over:
            return None
        self.met[kind] += 1
        drawn = self.stream(kind).random()
        return drawn / rate if drawn < rate and self._injects(Fault(kind, self.met[kind])) else None

    def _injects(self, fault: Fault) -> bool:
        if self._only is not None and fault not in self._only:
            return False
        self.injected.append(fault)
        return True

    def stream(self, name: str) -> Random:
        """Draws of its own for something that is no fault."""
        if name not in self._streams:
            self._streams[name] = Random(f"{self._seed} {name}")
        return self._streams[name]

    def heal(self) -> None:
        """No fault strikes from now on."""
        self._is_over = True


def _swarm(seed: int) -> dict[str, float]:
    """Each run has some of the kinds: what always comes together hides what comes alone."""
    random = Random(f"{seed} swarm")
    if random.random() < _QUIET:
        return {}
    scale = random.choice(_SCALES)
    return {kind: min(0.9, rate * scale) for kind, rate in RATES.items() if random.random() < _CHOSEN}
