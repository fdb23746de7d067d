"""A client as there are many: it repeats what got no answer, follows to the end, and remembers all it was told."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

import aiohttp
import msgspec
from msgspec import Struct, field

from libs.api.view import ENDED, Accepted, DeploymentView
from tests.chaos.release import Outside, Release, release
from tests.chaos.story import Story

_POLL = 0.4
_TIMEOUT = aiohttp.ClientTimeout(8)


class Told(Struct):
    """What a client was told about one release."""

    release: Release
    ids: set[str] = field(default_factory=set)
    """More than one were two deployments for one key."""
    phases: list[str] = field(default_factory=list)
    """Every phase that was an end, in the order of answers."""
    reason: str = ""
    revision: int = 0
    sent: int = 0
    """How often the start was sent until it was answered."""
    wrong: list[str] = field(default_factory=list)
    """Answers that no client should ever get."""

    @property
    def id(self) -> str:
        return next(iter(self.ids), "")

    @property
    def has_ended(self) -> bool:
        return bool(self.phases)


class Customer:
    """Deploys one application, release after release, until told to stop."""

    def __init__(self, application: str, chance: random.Random, outside: Outside, story: Story) -> None:
        self.application = application
        self.told: list[Told] = []
        self._chance = chance
        self._outside = outside
        self._story = story
        self.answers: Counter[int] = Counter()
        """How often each status came; 0: none did."""
        self.slowest = 0.0
        """Seconds, of the answers that came."""
        self.shocked: list[str] = []
        """Answers that say that the server did not know what to do."""
        self._doors: Sequence[str] = ()
        self._session: aiohttp.ClientSession

    async def run(self, doors: Sequence[str], token: str, stop: asyncio.Event) -> None:
        """`doors`: where intake is; any of them will do."""
        self._doors = doors
        async with aiohttp.ClientSession(headers=_headers(token), timeout=_TIMEOUT) as self._session:
            while not stop.is_set() and not any(told.wrong for told in self.told):
                told = Told(release(self.application, len(self.told) + 1, self._chance, self._outside))
                self.told.append(told)
                await self._lead(told)

    async def ask_again(self, token: str) -> None:
        """At the end: what was once said about an end must still be said."""
        async with aiohttp.ClientSession(headers=_headers(token), timeout=_TIMEOUT) as self._session:
            for told in self.told:
                if told.id:
                    await self._look(told)

    async def _lead(self, told: Told) -> None:
        self._story.tell(self.application, f"asks for {told.release.kind} {told.release.key}")
        await self._start(told)
        if told.wrong:
            return
        self._story.tell(self.application, f"{told.release.key} is {told.id}, after {told.sent} requests")
        if self._chance.random() < 0.2:
            await self._use_key_for_another(told)
        while not told.has_ended:
            view = await self._look(told)
            if view is not None and not told.has_ended:
                await self._decide(told, view)
            await asyncio.sleep(_POLL)
        self._story.tell(self.application, f"{told.release.key} {told.phases[-1]} {told.reason}")

    async def _start(self, told: Told) -> None:
        """Until it is answered; now and then two at once, as an impatient client does."""
        while not told.ids and not told.wrong:
            times = 2 if self._chance.random() < 0.2 else 1
            await asyncio.gather(*(self._send(told) for _ in range(times)))
            if not told.ids:
                await asyncio.sleep(_POLL)

    async def _send(self, told: Told) -> None:
        told.sent += 1
        status, body = await self._post("/deployments", told.release.request, told.release.key)
        if status == 202:
            told.ids.add(msgspec.json.decode(body, type=Accepted).id)
        elif 400 <= status < 500 and status not in (408, 429):
            told.wrong.append(f"start answered {status}: {body.decode(errors='replace')[:300]}")

    async def _use_key_for_another(self, told: Told) -> None:
        """The same key with another body: a conflict, or no answer, but never accepted."""
        other = msgspec.structs.replace(told.release.request, context={"other": "body"})
        status, body = await self._post("/deployments", other, told.release.key)
        if status == 202:
            told.wrong.append(f"another body under the same key was accepted: {body.decode(errors='replace')[:200]}")

    async def _look(self, told: Told) -> DeploymentView | None:
        status, body = await self._ask("GET", f"/deployments/{told.id}")
        if status == 404:
            told.wrong.append("it was acknowledged, and then there was no such deployment")
        if status != 200:
            return None
        view = msgspec.json.decode(body, type=DeploymentView)
        if view.revision < told.revision:
            told.wrong.append(f"revision {view.revision} was shown after {told.revision}")
        told.revision = max(told.revision, view.revision)
        if view.phase in ENDED:
            told.phases.append(view.phase)
            told.reason = view.reason
        return view

    async def _decide(self, told: Told, view: DeploymentView) -> None:
        if told.release.approves and view.awaiting:
            times = 2 if self._chance.random() < 0.3 else 1
            await asyncio.gather(*(self._post(f"/deployments/{told.id}/approve", {}) for _ in range(times)))
        if told.release.aborts and view.awaiting:
            await self._post(f"/deployments/{told.id}/abort", {"reason": "chaos ends it"})

    async def _post(self, path: str, body: object, key: str = "") -> tuple[int, bytes]:
        return await self._ask("POST", path, msgspec.json.encode(body), {"Idempotency-Key": key} if key else {})

    async def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """The status and the body; status 0 where there was no answer."""
        began = self._story.seconds
        status, answer = await self._once(method, path, body, headers)
        self.answers[status] += 1
        if status:
            self.slowest = max(self.slowest, self._story.seconds - began)
        if status == 500:
            self.shocked.append(f"{method} {path} was answered with 500 at {began:.1f} s")
        return status, answer

    async def _once(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str] | None
    ) -> tuple[int, bytes]:
        url = f"{self._chance.choice(self._doors)}/api/v1{path}"
        try:
            async with self._session.request(method, url, data=body, headers=headers) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0, b""


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
