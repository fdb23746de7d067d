"""Sending what `reconcile` asks for: one request after the other, and what each answer means."""

import msgspec
from msgspec import Struct

from libs.kube.link import Linked
from libs.kube.port import Fence, Media, Response
from libs.link.port import Lost, Silent
from libs.runtime.clock import Clock
from libs.workload.dialogue.answers import explain, fence_off, learn, reread
from libs.workload.dialogue.requests import makes
from libs.workload.dialogue.wanted import Request, Wanted
from libs.workload.kinds.objects import Object
from services.executor.late import Late
from services.executor.sight import Sight
from services.executor.spelling import Spelling

LATE = 500
"""From this status on a write may have happened although it was refused."""
FENCINGS = 3
"""How often in a row a write that may still come is fenced off."""
MISSING = 404
"""The object is not there, or not where its kind was looked for."""


DENIED_SECONDS = 10.0
"""For how long a missing right is no reason to give up."""


class Refusal(Struct, frozen=True):
    """The cluster refused a request."""

    reason: str
    final: bool
    """Trying again does not help."""
    retry_seconds: float | None = None


class Calls:
    """One rollout's requests to its cluster; what the answers tell goes to its sight."""

    def __init__(self, transport: Linked, sight: Sight, place: str, late: Late, clock: Clock) -> None:
        self._transport = transport
        self._sight = sight
        self._place = place
        self._spelling = Spelling(transport)
        self.late = late
        self._clock = clock
        self._denied: dict[str, float] = {}
        """Since when a right is missing, by what was to be done."""

    async def send(self, requests: tuple[Request, ...], epoch: int, wanted: Wanted | None = None) -> list[Refusal]:
        """Send all of them: each is safe alone, so one that is refused does not hold the others back."""
        refusals = [await self._send(request, epoch, wanted) for request in requests]
        return [refusal for refusal in refusals if refusal is not None]

    async def settle(self, epoch: int) -> None:
        """What became of writes that nothing answered; before anything is decided on."""
        while self.late.open:
            await self._fence_off(*self.late.open[0], epoch)
            del self.late.open[0]

    async def _send(self, request: Request, epoch: int, wanted: Wanted | None) -> Refusal | None:
        try:
            response = await self._ask(request, epoch)
        except Lost as lost:
            if self._is_open(request, wanted) and not isinstance(lost, Silent):
                await self.settle(epoch)
            raise
        if response.status == MISSING and (corrected := await self._spelling.corrected(request)):
            return await self._send(corrected, epoch, wanted)
        body = _object(response)
        learned = learn(request, response.status, body)
        self._sight.learn(learned.objects)
        if response.status >= LATE:
            if self._is_open(request, wanted):
                await self.settle(epoch)
        else:
            await self.send(learned.reread, epoch)
        if response.status < 300 or (response.status == 404 and not request.is_write):
            self._denied.pop(request.what, None)
            return None
        refused = explain(request, response.status, body)
        is_final = refused.terminal and (not refused.is_denied or self._is_meant(request))
        return Refusal(refused.reason, is_final, response.retry_after)

    def _is_meant(self, request: Request) -> bool:
        """Whether a right was missing for so long that no restart of the API server explains it."""
        now = self._clock.monotonic()
        return now - self._denied.setdefault(request.what, now) >= DENIED_SECONDS

    def _is_open(self, request: Request, wanted: Wanted | None) -> bool:
        """Whether it is a write that may still come: it is remembered then."""
        if not request.is_write or wanted is None:
            return False
        self.late.open.append((request, wanted))
        return True

    async def _fence_off(self, request: Request, wanted: Wanted, epoch: int) -> None:
        """Make the cluster refuse a write should it still come, until a read shows that it will.

        `Lost` where that cannot be had now: what makes the cluster refuse it may itself get no answer.
        """
        unread: Refusal | None = None
        for _ in range(FENCINGS):
            unread = await self._send(reread(request), epoch, None)
            if unread is not None:
                break
            live = self._sight.live(request.target)
            guard = fence_off(request, live, wanted)
            if guard is None:
                return self._remember(request, live)
            await self._send(guard, epoch, None)
        why = f": {unread.reason}" if unread else ""
        raise Lost(f"{request.what}: nobody knows yet whether that was done{why}")

    def _remember(self, request: Request, live: Object | None) -> None:
        """What nothing could fence off."""
        if live is None and makes(request):
            self.late.lose(request.target)

    async def _ask(self, request: Request, epoch: int) -> Response:
        body = None if request.body is None else msgspec.json.encode(request.body)
        media = Media(request.content_type or "application/json", request.accept)
        fence = Fence(self._place, epoch) if request.is_write else None
        async with self._sight.answering():
            return await self._transport.request(request.method, request.path, body, media, fence)


def _object(response: Response) -> Object:
    """The answer's object; what is no object says nothing."""
    try:
        return msgspec.json.decode(response.body, type=Object)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
