"""A link that answers as badly as it is told to."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from libs.link.port import Answer, Link, Lost, NoAnswer, Stream
from libs.messages.agent import Ask


class Trouble:
    """`choose` says for each call what goes wrong, if anything; what is `Lost` may have happened or not."""

    def __init__(
        self, link: Link, choose: Callable[[Ask], NoAnswer | None], is_done: Callable[[], bool] = bool
    ) -> None:
        self._link = link
        self._choose = choose
        self._is_done = is_done

    async def ask(self, tenant: str, agent: str, ask: Ask) -> Answer:
        failure = self._choose(ask)
        if failure is None:
            return await self._link.ask(tenant, agent, ask)
        if isinstance(failure, Lost) and self._is_done():
            await self._link.ask(tenant, agent, ask)
        raise failure

    @asynccontextmanager
    async def stream(self, tenant: str, agent: str, ask: Ask) -> AsyncIterator[Stream]:
        failure = self._choose(ask)
        if failure is not None:
            raise failure
        async with self._link.stream(tenant, agent, ask) as stream:
            yield stream
