"""Whether a cluster answers: asked while it matters, told to who waits for an answer, and forgotten with the next."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import pytest

from libs.kube.port import PLAIN, Fence, Media, Response
from libs.link.port import Away, NoAnswer, Silent
from services.executor.pulse import BEAT_SECONDS, Pulse
from tests.clock import VirtualClock, settle


class Api:
    """Answers, or fails as it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: NoAnswer | None = None

    async def request(
        self, method: str, path: str, body: bytes | None = None, media: Media = PLAIN, fence: Fence | None = None
    ) -> Response:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return Response(200, b"")

    def watch(self, path: str) -> nullcontext[AsyncIterator[bytes]]:
        raise NotImplementedError


@asynccontextmanager
async def beating(api: Api, clock: VirtualClock) -> AsyncIterator[Pulse]:
    pulse = Pulse(api, "/version", clock, lambda: None)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(pulse.run())
        await settle()
        yield pulse
        running.cancel()


async def hanging(pulse: Pulse, clock: VirtualClock) -> None:
    async with asyncio.timeout(30), pulse.answering():
        await clock.advance(BEAT_SECONDS)
        await asyncio.Event().wait()


async def test_nobody_waiting_asks_nothing() -> None:
    api, clock = Api(), VirtualClock()
    async with beating(api, clock):
        await clock.advance(10 * BEAT_SECONDS)
    assert api.asked == 0


async def test_answered_api_is_asked_less() -> None:
    api, clock = Api(), VirtualClock()
    async with beating(api, clock) as pulse:
        pulse.feel(api, True)
        await clock.advance(BEAT_SECONDS - 1)
        pulse.heard()
        await clock.advance(BEAT_SECONDS - 1)
        assert api.asked == 0
        await clock.advance(1)
        assert api.asked == 1


async def test_silence_ends_what_is_asked() -> None:
    api, clock = Api(), VirtualClock()
    async with beating(api, clock) as pulse:
        pulse.feel(api, True)
        api.failure = Silent("timeout")
        with pytest.raises(Silent):
            await hanging(pulse, clock)
        assert pulse.since is not None
        api.failure = None
        await clock.advance(BEAT_SECONDS)
        assert pulse.since is None


async def test_agent_away_is_no_silence() -> None:
    api, clock = Api(), VirtualClock()
    async with beating(api, clock) as pulse:
        pulse.feel(api, True)
        api.failure = Away("no stream")
        await clock.advance(3 * BEAT_SECONDS)
        assert pulse.since is None
