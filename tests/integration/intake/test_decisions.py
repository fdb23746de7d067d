"""People's orders: found out what is meant, who may, and what came of it."""

import asyncio
from typing import Any

import pytest

from libs.deployment.state import Phase, TargetPhase
from libs.durable.ports import Stored
from libs.messages.codec import decode, decode_envelope
from libs.messages.deployment import AbortDeployment, ApproveGate
from libs.messages.gate import GatePassed
from libs.messages.message import Envelope, Message
from libs.messages.rollout import ApproveStep, RejectStep, RollBack, RolloutRefused, StepEnded
from libs.messages.run import Place
from libs.messages.subject import PARTITIONS, message_filter
from services.intake.accepting.acceptance import deployment_key
from tests.builders import a_deployment, a_rollout, a_target, an_approval
from tests.integration.conftest import Open
from tests.integration.intake.world import TENANT, World, place_of, world

WAITING = a_target(phase=TargetPhase.BEFORE, before=(an_approval(),))


async def paused(w: World, *targets: Any) -> str:
    """A deployment whose targets wait before they begin."""
    deployment = await w.start()
    await w.commits(place_of(deployment), a_deployment(*(targets or (WAITING,))))
    return deployment


async def walking(w: World, *roles: str) -> str:
    """A deployment whose rollout waits for approval among its steps."""
    deployment = await w.start()
    place = place_of(deployment)
    await w.commits(place, a_deployment())
    steps = (a_rollout().steps[0], an_approval(*roles), a_rollout().steps[-1])
    await w.commits(place.of_target("prod"), a_rollout(steps=steps, step=1))
    return deployment


class Owner:
    """The noun's owner, played: takes the next order and says what came of it."""

    def __init__(self, w: World) -> None:
        self._w = w

    async def answers(self, answer: Message) -> Message:
        stored, envelope = await self._next()
        place = place_of(stored.subject.split(".")[5])
        await self._w.says(place, answer, cause=envelope.id)
        return decode(envelope.type, envelope.data)

    async def _next(self) -> tuple[Stored, Envelope]:
        async with asyncio.timeout(10):
            async for stored in self._w.bus.follow([message_filter("cmd.*.*")], 0):
                if ".start." not in stored.subject:
                    return stored, decode_envelope(stored.data)
        raise AssertionError


async def decide(w: World, deployment: str, verb: str, answer: Message | None = None, **body: Any) -> Any:
    """Status, document and the order that the owner got."""
    calling = w.call("POST", f"/deployments/{deployment}/{verb}", body)
    if answer is None:
        return *await calling, None
    (status, document), order = await asyncio.gather(calling, Owner(w).answers(answer))
    return status, document, order


async def test_lone_pause_needs_no_name(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await paused(w)
        done = GatePassed(target="prod", place=Place("before", 0), by="ann")
        status, document, order = await decide(w, deployment, "approve", done)
        assert (status, document["state"], document["event"]) == (200, "done", "evt.gate.passed")
        assert order == ApproveGate(target="prod", stage="before", step=0, by="ann")


async def test_step_goes_to_its_rollout(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await walking(w)
        status, _, order = await decide(w, deployment, "approve", StepEnded(target="prod", step=1))
        assert (status, order) == (200, ApproveStep(target="prod", step=1, by="ann"))


async def test_rejection_carries_reason(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await walking(w)
        answer = StepEnded(target="prod", step=1)
        _, _, order = await decide(w, deployment, "reject", answer, reason="too slow")
        assert order == RejectStep(target="prod", step=1, by="ann", reason="too slow")


async def test_endless_reason_is_refused(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await paused(w)
        status, problem, _ = await decide(w, deployment, "abort", reason="x" * 300_000)
        assert (status, problem["code"]) == (422, "invalid_body")


async def test_refusal_is_a_conflict(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await walking(w)
        refused = RolloutRefused(target="prod", order=ApproveStep.address, reason="step 1 does not wait")
        status, problem, _ = await decide(w, deployment, "approve", refused)
        assert (status, problem["code"], problem["detail"]) == (409, "refused", "step 1 does not wait")


async def test_slow_effect_is_only_sent(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus, answer_seconds=0.05) as w:
        status, document, _ = await decide(w, await paused(w), "approve")
        assert (status, document["state"]) == (202, "sent")


async def test_several_are_listed(ports: Open) -> None:
    both = (
        a_target("eu", phase=TargetPhase.BEFORE, before=(an_approval(),)),
        a_target("us", phase=TargetPhase.BEFORE, before=(an_approval(),)),
    )
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await paused(w, *both)
        status, problem, _ = await decide(w, deployment, "approve")
        assert (status, problem["code"]) == (409, "ambiguous")
        assert [one["target"] for one in problem["awaiting"]] == ["eu", "us"]
        done = GatePassed(target="us", place=Place("before", 0))
        _, _, order = await decide(w, deployment, "approve", done, target="us")
        assert order.target == "us"


async def test_nothing_waits_is_said(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await paused(w, a_target(phase=TargetPhase.DEPLOYING))
        status, problem, _ = await decide(w, deployment, "approve")
        assert (status, problem["code"]) == (409, "nothing_awaits")


@pytest.mark.parametrize(
    ("roles", "status"),
    [(("sre",), 202), (("viewer",), 403), (("deployer",), 403), (("deployer", "SRE"), 202), (("admin",), 202)],
)
async def test_required_role_decides(ports: Open, roles: tuple[str, ...], status: int) -> None:
    async with ports() as p, world(p.store, p.bus, answer_seconds=0) as w:
        deployment = await walking(w, "sre", "lead")
        given, _ = await w.call("POST", f"/deployments/{deployment}/approve", {}, w.token(*roles))
        assert given == status


async def test_viewer_approves_nothing(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        status, problem = await w.call("POST", f"/deployments/{await paused(w)}/approve", {}, w.token("viewer"))
        assert (status, problem["code"]) == (403, "role_required")


async def test_abort_that_overtakes_its_start_finds_nothing(ports: Open) -> None:
    """Who names the key of a start knows its deployment's id before the start has arrived."""
    async with ports() as p, world(p.store, p.bus) as w:
        owner = (TENANT, "shop")
        coming = deployment_key(owner, PARTITIONS, "k1", w.process.random).deployment
        status, problem, _ = await decide(w, coming, "abort")
        assert (status, problem["code"]) == (404, "not_found")
        assert await w.start("k1") == coming
        _, view = await w.call("GET", f"/deployments/{coming}")
        assert view["phase"] == "accepted"


async def test_abort_needs_no_body(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus, answer_seconds=0) as w:
        deployment = await paused(w)
        status, _ = await w.call("POST", f"/deployments/{deployment}/abort")
        assert status == 202
        stored = await p.store.lasts([message_filter(AbortDeployment.address)])
        assert len(stored) == 1


async def test_rollback_finds_its_target(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await walking(w)
        refused = RolloutRefused(target="prod", order=RollBack.address, reason="prod is returning already")
        status, problem, order = await decide(w, deployment, "rollback", refused)
        assert order == RollBack(target="prod", by="ann")
        assert (status, problem["detail"]) == (409, "prod is returning already")


async def test_unknown_target_is_named(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await walking(w)
        status, problem, _ = await decide(w, deployment, "rollback", target="prd")
        assert (status, problem["code"]) == (409, "unknown_target")


@pytest.mark.parametrize(
    ("deployment_phase", "phase", "verb"),
    [
        (Phase.CANCELLED, TargetPhase.CANCELLED, "was"),
        (Phase.RUNNING, TargetPhase.WAITING, "is"),
        (Phase.RUNNING, TargetPhase.BEFORE, "is"),
        (Phase.SUCCEEDED, TargetPhase.SUCCEEDED, "has"),
    ],
)
async def test_target_never_begun_stays(memory: Open, deployment_phase: Phase, phase: TargetPhase, verb: str) -> None:
    async with memory() as p, world(p.store, p.bus, answer_seconds=0) as w:
        deployment = await w.start()
        await w.commits(place_of(deployment), a_deployment(a_target(phase=phase), phase=deployment_phase))
        status, problem, _ = await decide(w, deployment, "rollback", target="prod")
        assert (status, problem["code"]) == (409, "nothing_to_return")
        assert f"prod {verb} {phase}" in problem["detail"]
        assert await p.store.lasts([message_filter(RollBack.address)]) == []
