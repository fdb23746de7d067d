"""Why a deployment waits, and what to type."""

from msgspec.structs import replace

from cli.showing.explain import explained, told
from libs.api.view import Awaited, LiveView, RolloutView, StepView
from tests.unit.cli.test_tree import ID, NOW, PROD, STAGING, VIEW

CURRENT = replace(VIEW, targets=(STAGING, PROD), awaiting=())


def words(view: object = CURRENT) -> str:
    assert isinstance(view, type(VIEW))
    return "\n".join(told(one) for one in explained(view, NOW))


def test_pause_names_the_way_on() -> None:
    text = words()
    assert "staging: waits for 60 s to pass, at most 41 s" in text
    assert f"fairlead deploy advance {ID} --target staging" in text
    assert "prod: begins after staging" in text


def test_decision_comes_first() -> None:
    text = words(replace(CURRENT, awaiting=(Awaited(target="prod", stage="before", step=0, roles=("sre",)),)))
    assert text.splitlines()[:3] == [
        "prod waits for approval by sre before it begins",
        f"  fairlead deploy approve {ID}",
        f"  fairlead deploy reject {ID}",
    ]


def test_what_is_suggested_can_be_typed() -> None:
    text = words(replace(CURRENT, targets=(replace(STAGING, name="eu (canary)"),)))
    assert f"fairlead deploy advance {ID} --target 'eu (canary)'" in text


def test_held_target_can_be_resumed() -> None:
    held = replace(STAGING, rollout=RolloutView(phase="progressing", held_by="ann"))
    assert "held by ann" in words(replace(CURRENT, targets=(held,)))
    assert f"deploy resume {ID} --target staging" in words(replace(CURRENT, targets=(held,)))


def test_absent_agent_is_named() -> None:
    away = replace(STAGING, steps=(), live=LiveView(at=NOW, agent_away_since=NOW))
    assert "agent eu-1 has been away since 03:04:05 UTC" in words(replace(CURRENT, targets=(away,)))


def test_parallel_gates_are_told_apart() -> None:
    gates = (
        StepView(kind="runWebhook", state="current", waits_for="webhook smoke"),
        StepView(kind="approval", state="current", waits_for="approval", asks=True),
    )
    step = StepView(kind="redirectTrafficAfter", state="current", waits_for="its gates", gates=gates)
    text = words(replace(CURRENT, targets=(replace(STAGING, steps=(step,)),)))
    assert ("waits for webhook smoke" in text, "its gates" in text, "waits for approval" in text) == (
        True,
        False,
        False,
    )


def test_queue_and_end_are_said() -> None:
    queued = replace(CURRENT, phase="queued", behind="other", targets=())
    assert words(queued) == "it waits for other to end\n  fairlead deploy watch other"
    assert "no planner has taken it on" in words(replace(CURRENT, phase="accepted", targets=()))
    failed = replace(CURRENT, phase="failed", reason="too slow")
    assert words(failed) == f"the deployment failed: too slow\n  fairlead deploy redeploy {ID}"
    assert words(replace(CURRENT, phase="succeeded")) == "the deployment succeeded"


def test_return_that_is_stuck_can_be_given_up() -> None:
    stuck = RolloutView(phase="returning", hindrance="agent eu-1 cannot be asked")
    lines = words(replace(CURRENT, targets=(replace(STAGING, rollout=stuck, steps=()),))).splitlines()
    assert lines == [
        "staging: goes back to the previous version: agent eu-1 cannot be asked",
        f"  fairlead deploy abandon {ID} --target staging --reason WHY",
    ]


def test_cluster_in_trouble_offers_ways_back() -> None:
    step = StepView(kind="setWeight", state="current", weight=25, waits_for="web-1 is CrashLoopBackOff")
    target = replace(STAGING, steps=(step,), rollout=RolloutView(phase="progressing", hindrance="CrashLoopBackOff"))
    lines = words(replace(CURRENT, targets=(target,))).splitlines()
    assert lines[1:] == [f"  fairlead deploy rollback {ID} --target staging", f"  fairlead deploy abort {ID}"]
