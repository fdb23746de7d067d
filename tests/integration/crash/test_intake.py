"""An intake that stops at any call while it accepts: the caller's repetition is accepted once, and ordered once."""

import itertools
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from random import Random

import pytest

from libs.api.request import StartRequest
from libs.auth import clients
from libs.auth.clients import NewClient
from libs.auth.principal import Kind, Principal
from libs.bus.broker import Broker
from libs.messages.deployment import StartDeployment
from libs.messages.subject import message_filter
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process
from libs.runtime.settings import ProcessSettings
from libs.store.memory import MemoryStore
from services.intake.accepting.starting import Starting
from services.intake.settings import IntakeSettings
from tests.crash import Crashed, CrashingStore, Fuse
from tests.integration.crash.releases import CONFIG, MANIFEST, never
from tests.integration.crash.skipping import LoopClock, run

ANN = Principal("main", "ann", frozenset({"admin"}), Kind.USER, datetime(2030, 1, 1, tzinfo=UTC))
REQUEST = StartRequest(config=CONFIG, files={"web.yaml": (MANIFEST,)})


async def accepted(fuse: Fuse) -> tuple[str, Counter[str], int]:
    """The answer to the second attempt, what is stored by kind and noun, and how often it was ordered."""
    clock = LoopClock()
    broker = Broker(clock)
    store = MemoryStore(broker)
    process = Process("intake", ProcessSettings(), Health(), Metrics(), clock, Random(1), "intake-1")
    await clients.create(store, NewClient("main", "eu", ("agent",), Kind.AGENT), clock, Random(2))
    with suppress(Crashed):
        await Starting(CrashingStore(store, fuse), process, IntakeSettings()).start(ANN, REQUEST, "once")
    answer = await Starting(store, process, IntakeSettings()).start(ANN, REQUEST, "once")
    stored = [tuple(one.subject.split(".")) for one in broker.stored([">"], 0)]
    ordered = list(broker.stored([message_filter(StartDeployment.address)], 0))
    return answer.id, Counter(f"{kind} {noun}" for kind, _, noun, *_ in stored), len(ordered)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_start_is_accepted_once(after: bool) -> None:
    calm = run(accepted(never()))
    assert calm[2] == 1
    for number in itertools.count(1):
        fuse = Fuse(number, after)
        assert run(accepted(fuse)) == calm, f"stopped at call {number}"
        if not fuse.blown:
            assert number > 3
            return
