"""What agents and askers said that was not accepted: counted by what it was, and told in the log, once each."""

from prometheus_client import CollectorRegistry, Counter

from libs.runtime import log


class Refusals:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._counter = Counter(
            "fairlead_gateway_refused",
            "Refused, by what: ask, control, answer (an agent's, out of order or too much), "
            "or the status that a stream ended with.",
            ("what",),
            registry=registry,
        )

    def note(self, what: str, reason: str, **where: str) -> None:
        self._counter.labels(what).inc()
        log.logger().warning("refused", what=what, reason=reason, **where)
