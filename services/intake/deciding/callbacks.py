"""A webhook calls back: whose run the address names, who may speak for it, and what came of it."""

import re
from functools import cached_property

import msgspec
from aiohttp import web

from libs.api.request import Callback
from libs.api.view import Decided
from libs.auth.callbacks import CallbackTokens
from libs.auth.principal import Principal
from libs.durable.ports import Store
from libs.durable.record import load
from libs.messages.fault import DeadLettered
from libs.messages.subject import Key, state_subject
from libs.messages.webhook import CallBack, CallBackRefused
from libs.runtime.json_keys import require_single_keys
from libs.runtime.problem import Problem
from libs.runtime.process import Process
from libs.runtime.redact import text
from libs.runtime.sealing import sealing_key
from libs.webhook.machine import MACHINE
from libs.webhook.state import Run, is_terminal
from services.intake.deciding.ordering import Ordering

BODY_BYTES = 64 * 1024
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Callbacks:
    def __init__(self, store: Store, ordering: Ordering, process: Process) -> None:
        self._store = store
        self._ordering = ordering
        self._process = process

    async def take(self, request: web.Request, who: Principal) -> Decided:
        """Hand a callback to its run and wait a moment for its effect."""
        place = self._place(request.match_info["token"], who)
        said = await _said(request)
        run = await self._run(place)
        if is_terminal(run):
            raise _over(run, "the step is over, and nobody waits for this callback any more")
        message = text(_UNSEEN.sub("", said.md_message or ""))
        fresh = f"{self._process.random.getrandbits(128):032x}"
        order = CallBack(run=run.run, success=said.success, message=message, by=who.subject, id=fresh)
        given = await self._ordering.give(order, place, who)
        match given.effect:
            case None:
                return Decided(id=given.id, state="sent")
            case CallBackRefused(reason=reason) | DeadLettered(reason=reason):
                raise _over(await self._run(place), reason)
            case effect:
                return Decided(id=given.id, state="done", event=effect.address)

    @cached_property
    def _tokens(self) -> CallbackTokens:
        return CallbackTokens(sealing_key(self._process.settings, self._process.random))

    def _place(self, token: str, who: Principal) -> Key:
        place = self._tokens.place(token)
        if place is None:
            raise Problem(404, "no webhook was ever given this address")
        if place.tenant != who.tenant:
            raise Problem(403, "the webhook belongs to another tenant than the token")
        return place

    async def _run(self, place: Key) -> Run:
        stored = await self._store.last(state_subject(MACHINE.noun, place))
        if stored is None:
            raise Problem(410, "nothing is kept of this webhook any more", "step_over")
        return load(MACHINE, stored).state


async def _said(request: web.Request) -> Callback:
    if (request.content_length or 0) > BODY_BYTES:
        raise Problem(413, f"the body is larger than {BODY_BYTES} bytes")
    body = bytearray()
    while len(body) <= BODY_BYTES and (piece := await request.content.read(BODY_BYTES)):
        body += piece
    if len(body) > BODY_BYTES:
        raise Problem(413, f"the body is larger than {BODY_BYTES} bytes")
    try:
        said = msgspec.json.decode(body, type=Callback)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        expected = 'expected JSON like {"success": true, "mdMessage": "All green"}'
        raise Problem(400, f"{expected}: {error}", "invalid_body") from error
    await require_single_keys(body)
    return said


def _over(run: Run, reason: str) -> Problem:
    """Once called back, twice is a conflict; where nobody ever did in time, the place is gone."""
    if run.by:
        return Problem(409, f"{run.by} has called back already", "already_called_back")
    if is_terminal(run):
        return Problem(410, reason, "step_over")
    return Problem(409, reason, "refused")
