"""From a valid file to the steps that each target walks."""

import pytest
from msgspec.structs import replace

from libs.plan.compile import Source, compile_plan, definitions_of, left_out
from libs.plan.model import (
    Analysis,
    ApplyManifests,
    AwaitGates,
    DeployGreen,
    Plan,
    RedirectTraffic,
    RunWebhook,
    SetWeight,
    ShutDownOld,
)
from libs.spec.model import BlueGreen, Canary, CanaryStep, ExposeServices, ServicePair, Spec, Target, Traffic, Webhook
from libs.spec.rules.swaps import services
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


@pytest.mark.feature("F63", "F65")
def test_each_target_walks_by_what_goes_to_it() -> None:
    sources = {"qa": Source("sha256-rollouts", has_deployment=False), "prod": SOURCE}
    qa, prod = compile_plan(two(), sources, frozenset()).targets
    assert (qa.steps, prod.steps) == ((ApplyManifests(),), (ApplyManifests(), HALF, FULL))


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


CALL, ASK = RunWebhook("w"), Analysis(("q",), 60, 2)
SWAP = BlueGreen(redirect_after=(an_approval(), CALL), shut_down_after=(a_timed_pause(), ASK))


def swapped(swap: BlueGreen, *traffic: Traffic) -> Spec:
    return replace(spec(), strategies={"careful": swap}, traffic=traffic)


@pytest.mark.feature("F80", "F82", "F83")
def test_blue_green_walks_its_gates_in_lists() -> None:
    (target,) = compiled(swapped(SWAP)).targets
    assert target.steps == (
        ApplyManifests(),
        DeployGreen(),
        AwaitGates("redirectTrafficAfter", (an_approval(), CALL)),
        RedirectTraffic(),
        AwaitGates("shutDownOldVersionAfter", (a_timed_pause(), ASK)),
        ShutDownOld(),
    )


def test_empty_lists_are_no_steps() -> None:
    (target,) = compiled(swapped(BlueGreen(redirect_after=(ExposeServices(("shop",)),)))).targets
    assert target.steps == (ApplyManifests(), DeployGreen(), RedirectTraffic(), ShutDownOld())


@pytest.mark.feature("F98", "F99")
def test_gates_of_a_canary_are_steps() -> None:
    (target,) = compiled(spec(HALF, ExposeServices(("shop",)), CALL, ASK)).targets
    assert target.steps == (ApplyManifests(), HALF, CALL, ASK, FULL)


BOTH = (ServicePair("a"), ServicePair("b"))


@pytest.mark.feature("F85", "F86", "F87")
@pytest.mark.parametrize(
    ("swap", "traffic", "pairs"),
    [
        (BlueGreen(active_service="a", preview_service="b"), (), (ServicePair("a", "b"),)),
        (
            BlueGreen(),
            (Traffic(("prod",), (ServicePair("a"), ServicePair("b"))),),
            (ServicePair("a"), ServicePair("b")),
        ),
        (BlueGreen(active_service="a"), (Traffic(("prod",), (ServicePair("a", "b"),)),), (ServicePair("a", "b"),)),
        (BlueGreen(active_service="a"), (Traffic(("qa",), (ServicePair("b"),)),), (ServicePair("a"),)),
    ],
)
def test_services_are_found_in_both_places(
    swap: BlueGreen, traffic: tuple[Traffic, ...], pairs: tuple[ServicePair, ...]
) -> None:
    assert services(swapped(swap, *traffic)).get("prod", ()) == pairs


def test_canary_moves_no_services() -> None:
    given = replace(spec(HALF), traffic=(Traffic(("prod",), (ServicePair("a"),)),))
    (target,) = compiled(given).targets
    assert target.services == ()


@pytest.mark.feature("F34")
def test_kept_deployment_is_carried_over() -> None:
    (target,) = compiled(replace(spec(HALF), keeps_deployment=True)).targets
    assert target.keeps_deployment


@pytest.mark.feature("F32", "F135")
def test_context_of_the_request_wins() -> None:
    given = replace(spec(), context={"a": "file", "b": "file"}, webhooks={"w": Webhook("https://a.test")})
    definitions = definitions_of(given, {"b": "request"})
    assert (definitions.context, definitions.webhooks) == ({"a": "file", "b": "request"}, given.webhooks)


@pytest.mark.feature("F158")
@pytest.mark.parametrize(
    ("only", "left"), [(("prod",), {"prod": ("qa",)}), (("qa",), {}), (("qa", "prod"), {}), ((), {})]
)
def test_need_left_out_is_named(only: tuple[str, ...], left: dict[str, tuple[str, ...]]) -> None:
    assert left_out(two(), frozenset(only)) == left
