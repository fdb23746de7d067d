"""What can be asked of the sandbox itself, under /sandbox: faults to set, requests to count, watches to break."""

from collections.abc import Callable

import msgspec

from sandbox.admin.audit import Audit
from sandbox.admin.faults import MOST_FAULTS, Faults
from sandbox.api.watching import Watches
from sandbox.api.wire import Request, Response, answer
from sandbox.objects.refusals import bad_request, no_such_path
from sandbox.simulation.simulator import Simulator

ROOT = "/sandbox/"


class Admin:
    """GET reads, POST adds or does, DELETE clears."""

    def __init__(self, simulator: Simulator, watches: Watches, audit: Audit) -> None:
        self.faults = Faults()
        self._simulator = simulator
        self._watches = watches
        self._audit = audit
        self._paths: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "faults"): lambda _: answer(self.faults),
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): lambda _: self._set_faults(Faults()),
            ("GET", "requests"): lambda _: answer(self._audit.report()),
            ("DELETE", "requests"): self._reset,
            ("POST", "watches/drop"): self._drop,
        }

    def handle(self, request: Request) -> Response | None:
        if not request.path.startswith(ROOT):
            return None
        path = self._paths.get((request.method, request.path.removeprefix(ROOT)))
        if path is None:
            raise no_such_path()
        return path(request)

    def _add_faults(self, request: Request) -> Response:
        try:
            more = msgspec.json.decode(request.body, type=Faults)
        except msgspec.MsgspecError as error:
            raise bad_request(f"these are no faults: {error}") from error
        requests, pods = (*self.faults.requests, *more.requests), (*self.faults.pods, *more.pods)
        if len(requests) + len(pods) > MOST_FAULTS:
            raise bad_request(f"more than {MOST_FAULTS} faults: DELETE {ROOT}faults first")
        return self._set_faults(Faults(requests=requests, pods=pods))

    def _set_faults(self, faults: Faults) -> Response:
        pods_differ = faults.pods != self.faults.pods
        self.faults = faults
        if pods_differ:
            self._simulator.behave(faults.pods)
        return answer(faults)

    def _reset(self, _: Request) -> Response:
        self._audit.reset()
        return answer(self._audit.report())

    def _drop(self, request: Request) -> Response:
        return answer({"dropped": self._watches.drop(request.query.get("resource", ""))})
