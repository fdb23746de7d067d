"""Intake over real HTTP, on any ports, with the planner and the executor played by the test."""

import asyncio
import base64
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import aiohttp
import msgspec
from jwt import PyJWK

from libs.auth import clients
from libs.auth.clients import NewClient
from libs.auth.http import guard, require_declared
from libs.auth.keys import LocalKeys
from libs.auth.principal import Kind
from libs.auth.signing import SigningKey, issue
from libs.auth.tokens import Claims, Issuer, Verifier
from libs.deployment.state import Deployment
from libs.durable import record
from libs.durable.ports import Bus, Store, Write
from libs.messages.codec import encode, encode_envelope
from libs.messages.message import Envelope, Message, key_of
from libs.messages.subject import PARTITIONS, Key, message_subject, state_subject
from libs.rollout.state import Rollout
from libs.runtime import http
from libs.runtime.clock import SystemClock, system_random
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process
from libs.runtime.secret import Secret
from libs.runtime.settings import ProcessSettings
from services.intake.accepting.acceptance import key_of_id
from services.intake.http import routes
from services.intake.service import opened, serve
from services.intake.settings import IntakeSettings
from tests.waiting import eventually

ISSUER = "https://issuer.test"
TENANT = "main"
SEALING_KEY = b"k" * 32

FILE = """\
version: v1
kind: kubernetes
application: shop
targets:
  prod:
    account: prod
    strategy: careful
manifests:
  - path: shop.yml
strategies:
  careful:
    canary:
      steps:
        - setWeight: {weight: 50}
"""
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web:1}]}
"""


def a_request(**changes: Any) -> dict[str, Any]:
    return {"config": FILE, "files": {"shop.yml": [MANIFEST]}, **changes}


class World:
    """One intake and everybody around it."""

    def __init__(self, store: Store, bus: Bus, process: Process) -> None:
        self.store = store
        self.bus = bus
        self.process = process
        self.url = ""
        self.session: aiohttp.ClientSession
        self._key = SigningKey.generate()
        self._numbers = count(1)

    def verifier(self) -> Verifier:
        keys = {self._key.kid: PyJWK(self._key.public)}
        return Verifier([Issuer(ISSUER, LocalKeys(lambda: keys), "fairlead")], self.process.clock)

    def token(self, *roles: str, tenant: str = TENANT, name: str = "ann", seconds: int = 600) -> str:
        now = int(datetime.now(UTC).timestamp())  # noqa: TID251 - a token's own clock
        claims = Claims(
            iss=ISSUER,
            sub=name,
            aud="fairlead",
            iat=now,
            exp=now + seconds,
            tenant=tenant,
            kind=Kind.USER,
            roles=list(roles or ("admin",)),
        )
        return issue(self._key, claims)

    async def register(self, name: str) -> None:
        new = NewClient(TENANT, name, ("agent",), Kind.AGENT)
        await clients.create(self.store, new, self.process.clock, self.process.random)

    async def call(
        self, method: str, path: str, body: Any = None, token: str | None = None, key: str = ""
    ) -> tuple[int, Any]:
        """Status and document. `token` empty sends none."""
        given = self.token() if token is None else token
        headers = {"Authorization": f"Bearer {given}"} if given else {}
        if key:
            headers["Idempotency-Key"] = key
        url = f"{self.url}/api/v1{path}"
        async with self.session.request(method, url, json=body, headers=headers) as response:
            text = await response.read()
            return response.status, msgspec.json.decode(text) if text else None

    async def start(self, key: str = "", **changes: Any) -> str:
        status, document = await self.call("POST", "/deployments", a_request(**changes), key=key)
        assert status == 202, document
        return str(document["id"])

    async def commits(self, place: Key, state: Deployment | Rollout, *said: Message, cause: str = "") -> int:
        """What a machine's owner does: one record and the events it leads to."""
        noun = "deployment" if isinstance(state, Deployment) else "rollout"
        writes = [Write(state_subject(noun, place), a_record(state))]
        return await self.store.commit([*writes, *(self._event(message, place, cause) for message in said)])

    async def says(self, place: Key, message: Message, cause: str = "") -> int:
        return await self.store.commit([self._event(message, place, cause)])

    async def heard(self, deployment: str, phase: str) -> None:
        """Wait until the list knows of it."""

        async def is_known() -> bool:
            _, page = await self.call("GET", "/deployments")
            return any(one["id"] == deployment and one["phase"] == phase for one in page["deployments"])

        await eventually(is_known)

    def _event(self, message: Message, place: Key, cause: str) -> Write:
        envelope = Envelope(
            id=f"e{next(self._numbers)}",
            at=self.process.clock.now(),
            tenant=place.tenant,
            type=message.address,
            data=encode(message),
            cause=cause,
        )
        return Write(message_subject(message.address, key_of(message, place)), encode_envelope(envelope))


def a_record(state: Deployment | Rollout) -> bytes:
    return record.encode(record.Loaded(state, 1))


def place_of(deployment: str) -> Key:
    key = key_of_id(TENANT, deployment, PARTITIONS)
    assert key is not None
    return key


def a_process() -> Process:
    given = ProcessSettings(sealing_key=Secret(base64.b64encode(SEALING_KEY).decode()))
    return Process("intake", given, Health(), Metrics(), SystemClock(), system_random(), "trial-1")


@asynccontextmanager
async def serving(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Done while entered."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        yield
        task.cancel()


@asynccontextmanager
async def world(store: Store, bus: Bus, **settings: Any) -> AsyncIterator[World]:
    process = a_process()
    configured = IntakeSettings(intake_answer_seconds=settings.pop("answer_seconds", 2.0), **settings)
    around = World(store, bus, process)
    await around.register("prod")
    app = http.application(process, configured.intake_body_bytes)
    async with opened(configured, process, store, bus) as service, serving(serve(service)):
        app.middlewares.append(guard(around.verifier(), service.intake.configuration.grants))
        app.add_routes(routes(service.intake))
        require_declared(app)
        async with http.serve(app, "127.0.0.1:0") as port, aiohttp.ClientSession() as session:
            around.url, around.session = f"http://127.0.0.1:{port}", session
            yield around
