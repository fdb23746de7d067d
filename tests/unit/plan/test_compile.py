"""From a valid file to the steps that each target walks."""

import pytest

from libs.plan.compile import Source, compile_plan
from libs.plan.model import ApplyManifests, Plan, SetWeight
from libs.spec.model import Canary, CanaryStep, Spec, Target
from tests.builders import a_timed_pause, an_approval

HALF, FULL = SetWeight(weight=50), SetWeight(weight=100)
SOURCE = Source("sha256-x", has_deployment=True)


def spec(*steps: CanaryStep, **targets: Target) -> Spec:
    canary = Canary(steps=steps)
    found = targets or {"prod": Target(account="eu", strategy="careful")}
    return Spec("shop", found, (), {"careful": canary}, timeout_seconds=90)


def compiled(given: Spec, only: tuple[str, ...] = (), source: Source = SOURCE) -> Plan:
    return compile_plan(given, dict.fromkeys(given.targets, source), frozenset(only))


@pytest.mark.parametrize(
    ("written", "walked"),
    [
        ((), (FULL,)),
        ((HALF,), (HALF, FULL)),
        ((HALF, FULL), (HALF, FULL)),
        ((HALF, an_approval()), (HALF, an_approval(), FULL)),
        ((FULL, a_timed_pause()), (FULL, a_timed_pause())),
        ((FULL, HALF), (FULL, HALF, FULL)),
    ],
)
def test_last_weight_is_implied(written: tuple[CanaryStep, ...], walked: tuple[CanaryStep, ...]) -> None:
    (target,) = compiled(spec(*written)).targets
    assert target.steps == (ApplyManifests(), *walked)


def test_target_without_deployment_only_applies() -> None:
    (target,) = compiled(spec(HALF), source=Source("sha256-x", has_deployment=False)).targets
    assert target.steps == (ApplyManifests(),)


def test_file_is_carried_over() -> None:
    before, after = (an_approval("sre"),), (a_timed_pause(),)
    given = Target(account="eu", namespace="shop", strategy="careful", before=before, after=after)
    plan = compiled(spec(HALF, prod=given))
    (target,) = plan.targets
    assert (plan.application, target.name, target.agent, target.namespace) == ("shop", "prod", "eu", "shop")
    assert (target.before, target.after, target.manifests, target.timeout_seconds) == (before, after, "sha256-x", 90)


def two() -> Spec:
    qa = Target(account="qa", strategy="careful")
    return spec(HALF, qa=qa, prod=Target(account="eu", strategy="careful", depends_on=("qa",)))


def test_order_and_needs_are_the_files() -> None:
    assert [(one.name, one.depends_on) for one in compiled(two()).targets] == [("qa", ()), ("prod", ("qa",))]


def test_need_left_out_is_taken_as_given() -> None:
    (target,) = compiled(two(), only=("prod",)).targets
    assert (target.name, target.depends_on) == ("prod", ())
