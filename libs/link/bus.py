"""Asking agents over the bus: one inbox for the whole process, taken apart by the request's number."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count

from libs.durable.ports import Bus, Packet, Unavailable
from libs.link.answer import Opened, heard, whole
from libs.link.codec import Unreadable, decode_frame, encode, problem_with
from libs.link.inflow import Inflow
from libs.link.port import Answer, Away, Busy, Lost, Refused, Stream
from libs.messages.agent import Ask, Control, Frame, request_subject
from libs.runtime.clock import Clock

OPEN_MOST = 10_000
"""Requests under way in one process; one more is answered `Busy` before it is sent."""

LATE_SHARE, LATE_SECONDS = 0.1, 1.0
"""How much longer than the agent the asker waits, as a share and at most: that the agent itself was not answered says
more than that nothing came from it."""

RENEW_SECONDS = 10.0
_UNREAD_MOST = 16_384


@asynccontextmanager
async def bus_link(bus: Bus, clock: Clock) -> AsyncIterator["BusLink"]:
    """A link that listens for answers as long as the context is entered."""
    inbox = bus.inbox()
    link = BusLink(bus, inbox)
    failure: Exception | None = None
    async with bus.subscribe(f"{inbox}.*", pending=_UNREAD_MOST) as packets, asyncio.TaskGroup() as group:
        tasks = (group.create_task(link.listen(packets)), group.create_task(link.renew(clock)))
        try:
            yield link
        except Exception as error:  # noqa: BLE001 - carried past the group, which would wrap it
            failure = error
        for task in tasks:
            task.cancel()
    if failure is not None:
        raise failure


class BusLink:
    """See `Link`."""

    def __init__(self, bus: Bus, inbox: str) -> None:
        self._bus = bus
        self._inbox = inbox
        self._numbers = count(1)
        self._open: dict[str, Inflow] = {}
        self._streams: dict[Inflow, None] = {}

    async def ask(self, tenant: str, agent: str, ask: Ask) -> Answer:
        reply, inflow = self._expect(ask)
        try:
            async with asyncio.timeout(_patience(ask)):
                await self._send(request_subject(tenant, agent), ask, reply)
                return await whole(_Granting(inflow, self._bus))
        except TimeoutError:
            raise Lost(f"no answer within {ask.timeout_ms} ms") from None
        finally:
            await self._forget(reply, inflow)

    @asynccontextmanager
    async def stream(self, tenant: str, agent: str, ask: Ask) -> AsyncIterator[Stream]:
        reply, inflow = self._expect(ask)
        self._streams[inflow] = None
        try:
            await self._send(request_subject(tenant, agent), ask, reply)
            frames = _Granting(inflow, self._bus)
            yield Opened(await heard(frames), frames)
        finally:
            self._streams.pop(inflow, None)
            await self._forget(reply, inflow)

    async def listen(self, packets: AsyncIterator[Packet]) -> None:
        """Hand every packet to the request that it answers."""
        async for packet in packets:
            inflow = self._open.get(packet.subject)
            if inflow is not None:
                _receive(inflow, packet)

    async def renew(self, clock: Clock) -> None:
        """Say every ten seconds which streams are still wanted."""
        while True:
            await clock.sleep(RENEW_SECONDS)
            for inflow in [inflow for inflow in self._streams if inflow.control and not inflow.ended]:
                await _control(self._bus, inflow, Control(renew=True))

    def _expect(self, ask: Ask) -> tuple[str, Inflow]:
        if problem := problem_with(ask):
            raise Refused(problem)
        if len(self._open) >= OPEN_MOST:
            raise Busy(f"{OPEN_MOST} requests are under way in this process")
        reply = f"{self._inbox}.{next(self._numbers)}"
        inflow = self._open[reply] = Inflow(ask.credit)
        return reply, inflow

    async def _send(self, subject: str, ask: Ask, reply: str) -> None:
        try:
            await self._bus.publish(subject, encode(ask), reply)
        except Unavailable as error:
            raise Away(f"the bus cannot be reached: {error}") from error

    async def _forget(self, reply: str, inflow: Inflow) -> None:
        del self._open[reply]
        if inflow.control and not inflow.ended:
            await _control(self._bus, inflow, Control(cancel=True))


class _Granting:
    """The frames of an answer; reading them grants more."""

    def __init__(self, inflow: Inflow, bus: Bus) -> None:
        self._inflow = inflow
        self._bus = bus

    async def next(self) -> Frame:
        frame = await self._inflow.next()
        owed = self._inflow.settle()
        if owed and self._inflow.control:
            await _control(self._bus, self._inflow, Control(credit=owed))
        return frame


def _patience(ask: Ask) -> float:
    seconds = ask.timeout_ms / 1000
    return seconds + min(LATE_SECONDS, seconds * LATE_SHARE)


async def _control(bus: Bus, inflow: Inflow, control: Control) -> None:
    # Lost with the bus: the gateway ends what is not renewed, the deadline what is not granted.
    with suppress(Unavailable):
        await bus.publish(inflow.control, encode(control))


def _receive(inflow: Inflow, packet: Packet) -> None:
    if packet.gone:
        inflow.fail(Away("no gateway has a stream of this agent"))
        return
    try:
        inflow.push(decode_frame(packet.data))
    except Unreadable as error:
        inflow.fail(Lost(f"the answer cannot be read: {error}"), ended=False)
