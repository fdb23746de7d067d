"""Whether this process is alive, and whether it can do its work now; if not, why."""

SAFE_MODE = "safe mode"
"""The part that hinders while nothing may be written or ordered."""


class Health:
    """What `/healthz` and `/readyz` answer. A process is ready when everything that ever reported to it is."""

    def __init__(self) -> None:
        self.alive = True
        """False tells whoever runs the process to start it again."""
        self._hindrances: dict[str, str] = {}
        self._reported: set[str] = set()

    def ready(self, name: str, is_ready: bool, reason: str = "") -> None:
        """Say whether one part (`nats`, `keys`, …) can work; `reason` says why it cannot."""
        self._reported.add(name)
        if is_ready:
            self._hindrances.pop(name, None)
        else:
            self._hindrances[name] = reason or "not ready"

    @property
    def is_ready(self) -> bool:
        return self.alive and bool(self._reported) and not self._hindrances

    @property
    def reasons(self) -> dict[str, str]:
        """What hinders, by the part that said so."""
        return dict(self._hindrances) if self._reported else {"process": "still starting"}
