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
        self.messages = Counter(
            "fairlead_messages_handled",
            "Messages handled, by address and by outcome: done, unchanged, conflict, retried, dead.",
            ("address", "outcome"),
            registry=self.registry,
        )
        self.handling = self._seconds(
            "fairlead_message_seconds", "From a message's delivery to its acknowledgement.", "address"
        )
        self.commits = self._seconds(
            "fairlead_commit_seconds",
            "Commits, by outcome: done, conflict, unknown, unavailable.",
            "noun",
            "outcome",
        )
        self.queued = Gauge(
            "fairlead_messages_queued",
            "Messages pulled and not yet acknowledged.",
            ("service",),
            registry=self.registry,
        )
        self.partitions = Gauge(
            "fairlead_partitions_held", "Partitions this process pulls.", ("service",), registry=self.registry
        )
        self.requests = self._seconds(
            "fairlead_http_request_seconds", "HTTP requests answered.", "method", "route", "status"
        )

    def _seconds(self, name: str, meaning: str, *labels: str) -> Histogram:
        return Histogram(name, meaning, labels, buckets=_SECONDS, registry=self.registry)
