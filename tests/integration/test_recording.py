"""Fetching the history of one deployment from a plane that runs."""

from libs.durable.ports import Stored, Write
from libs.messages.subject import parse
from libs.runtime.nats_server import NatsServer
from tests.histories import history
from tests.histories.recorded import found
from tests.integration.conftest import Open


def told(stored: list[Stored]) -> list[tuple[str, bytes]]:
    return [(one.subject, one.data) for one in stored]


async def test_one_deployment_is_found(real: Open, server: NatsServer) -> None:
    stored = history.read(history.NEXT / "analysis.jsonl")
    deployment = next(parse(one.subject).key.deployment for one in stored if one.subject.startswith("due."))
    async with real() as p:
        for one in stored:
            await p.store.commit([Write("evt.main.rollout.started.1.another.-", b"{}"), Write(one.subject, one.data)])
        kept = await found(server.url, deployment)
    assert told(kept) == told([one for one in stored if parse(one.subject).key.deployment == deployment])
    assert {one.subject.partition(".")[0] for one in kept} == {"cmd", "evt", "state", "due"}
