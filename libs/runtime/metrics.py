"""What every process measures, declared once: names, labels and meanings. Labels have few values, never ids.

Other metrics belong to the service that owns them and register on the same registry.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The metrics of one process, on a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.messages = self._count(
            "fairlead_messages_handled",
            "Messages, by service, address and outcome: done; retried after a failure; dead, which is put aside.",
            *("service", "address", "outcome"),
        )
        self.handling = self._seconds(
            "fairlead_message_seconds",
            "How long a message was in hand until it was done or dead.",
            "service",
            "address",
        )
        self.requests = self._seconds(
            "fairlead_http_request_seconds", "HTTP requests answered.", "method", "route", "status"
        )
        self.lost_lines = self._state(
            "fairlead_log_lines_lost", "Log lines left out because nobody read them in time, or there was no room."
        )
        self.batches_refused = self._count(
            "fairlead_store_batches_refused",
            "Commits that NATS refused for the moment: more batches are open than it allows, or one came incomplete.",
        )
        self.store_went_back = self._state(
            "fairlead_store_went_back",
            "1 while the store is not the one that this process knew, so that it writes and orders nothing.",
        )

    def message_settled(self, service: str, address: str, outcome: str, seconds: float) -> None:
        """Count one outcome of one message; an attempt that is tried again is no time of its own."""
        self.messages.labels(service, address, outcome).inc()
        if outcome != "retried":
            self.handling.labels(service, address).observe(seconds)

    def _seconds(self, name: str, meaning: str, *labels: str) -> Histogram:
        return Histogram(name, meaning, labels, buckets=_SECONDS, registry=self.registry)

    def _count(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self.registry)

    def _state(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, registry=self.registry)
