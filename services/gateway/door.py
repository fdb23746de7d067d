"""Who is let in: the token and the first frame of a stream are looked at before it is served."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from libs.link.pulse import Silent
from libs.link.rate import Rate
from libs.runtime.process import Process
from services.gateway import translate
from services.gateway.attendance import Disagreed, NotAccepted, Verify, Wire
from services.gateway.handlers import Gateway
from services.gateway.session import Caller
from services.gateway.settings import Settings

HELLO_SECONDS = 5.0


class Stops(Exception):
    """This gateway takes no stream any more."""


class NoRoom(Exception):
    """Not now: there are too many streams, or too many agents come at once."""


REFUSALS = (Stops, NoRoom, NotAccepted, Silent, translate.Malformed, Disagreed)
"""What `Door.meet` raises."""


class Listening(Struct, frozen=True):
    """A server that agents can dial."""

    port: int


class Door:
    """Lets agents in."""

    def __init__(self, gateway: Gateway, verify: Verify, admission: Rate) -> None:
        self._gateway = gateway
        self._verify = verify
        self._admission = admission

    async def meet(self, wire: Wire, authorizations: Sequence[str]) -> tuple[Caller, translate.Hello]:
        """Who is calling, and what he says first; raises one of `REFUSALS`."""
        if self._gateway.is_draining:
            raise Stops("this gateway stops: connect to another")
        if self._admission.take() is None:
            raise NoRoom("too many agents at once: come later")
        caller = await self._verify(_token(authorizations))
        if not self._gateway.has_room(caller):
            raise NoRoom("this gateway has all streams it may")
        return caller, await _first(wire)

    async def attend(self, wire: Wire, caller: Caller, hello: translate.Hello) -> Exception | None:
        """Serve the stream until it ends; why it did, or None where the agent just ended it."""
        return await self._gateway.attend(wire, caller, hello, self._verify)

    def note(self, what: str, reason: str, **who: str) -> None:
        """A stream was refused, or ended for a reason."""
        self._gateway.refusals.note(what, reason, **who)


class Listen(Protocol):
    """A server that takes every stream through the door while entered."""

    def __call__(
        self, door: Door, settings: Settings, process: Process, /
    ) -> AbstractAsyncContextManager[Listening]: ...


def _token(authorizations: Sequence[str]) -> str:
    if len(authorizations) != 1:
        raise NotAccepted("exactly one authorization is expected")
    scheme, _, token = authorizations[0].partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAccepted("authorization: expected Bearer and a token")
    return token


async def _first(wire: Wire) -> translate.Hello:
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            piece = await wire.read()
    except TimeoutError:
        raise Silent(f"no hello within {HELLO_SECONDS:g} s") from None
    said = translate.read(piece or b"")
    if not isinstance(said, translate.Hello):
        raise Disagreed("the first frame of a stream is hello")
    return said
