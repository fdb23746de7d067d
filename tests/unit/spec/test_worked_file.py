"""A file with nearly every key reads into one normal form, and only what this release does not run is warned of."""

import pytest

from libs.spec.model import Analysis, Approval, BlueGreen, Canary, Header, Pause, Query, ServicePair, Webhook
from libs.spec.parse import parse
from libs.spec.release import not_run
from tests.unit.spec.files import spec_of
from tests.unit.spec.worked import WORKED

PARSED = parse(WORKED)
SPEC = spec_of(WORKED)


@pytest.mark.feature("F29", "F30", "F31", "F32", "F33", "F34", "F35")
def test_head_of_the_file_reads() -> None:
    assert SPEC.application == "ticket desk"
    assert (SPEC.timeout_seconds, SPEC.keeps_deployment, SPEC.when_in_progress) == (720, True, "enqueueOne")
    assert (SPEC.context, SPEC.description[:11]) == ({"team": "tickets"}, "Front desk.")


@pytest.mark.feature("F36", "F37", "F40", "F41", "F42")
def test_gates_of_targets_read() -> None:
    north = SPEC.targets["north (canary)"]
    assert [type(gate).__name__ for gate in north.before] == ["Pause", "RunWebhook", "Analysis"]
    assert [type(gate).__name__ for gate in SPEC.targets["staging"].after] == ["RunWebhook"]


@pytest.mark.feature("F98", "F104", "F128", "F130", "F131", "F132")
def test_analysis_step_reads() -> None:
    strategy = SPEC.strategies["slowly"]
    assert isinstance(strategy, Canary)
    assert strategy.steps[2] == Analysis(
        queries=("errors", "slowness"),
        interval_seconds=120,
        runs=4,
        provider="other",
        lookback="growing",
        aborts_early=True,
        asks_when_passed=True,
        context={"region": "north", "tier": "web"},
    )


@pytest.mark.feature("F48", "F80", "F82", "F83")
def test_blue_green_reads() -> None:
    assert SPEC.strategies["swap"] == BlueGreen((Pause(approval=Approval()),), (Pause(seconds=1200),))


@pytest.mark.feature("F81", "F85", "F87")
def test_services_in_two_items_are_one_pair() -> None:
    assert SPEC.traffic[0].targets == ("south",)
    assert SPEC.traffic[0].kubernetes == (ServicePair("desk", "desk-next"),)


@pytest.mark.feature("F109", "F110", "F111", "F113", "F116", "F119")
def test_webhooks_read() -> None:
    assert SPEC.webhooks["browser suite"] == Webhook(
        uri="https://ci.example.test/jobs/{{context.suite}}",
        headers=(Header("Authorization", "Bearer {{secrets.ci-token}}"),),
        body='{"answer": "{{armory.callbackUri}}/callback",\n "where": "{{armory.environmentName}}"}',
        through_agent=True,
        retries=3,
    )
    assert SPEC.webhooks["note"] == Webhook(
        uri="{{ secrets.chat-url }}", body='{"text":"{{armory.applicationName}} waits"}', calls_back=False
    )


@pytest.mark.feature("F126", "F127")
def test_queries_read() -> None:
    assert SPEC.default_provider == "metrics"
    assert SPEC.queries["slowness"] == Query('p99_ms{region="{{context.region}}"}', "metrics-2", upper=250.0)


def test_only_what_does_not_run_is_warned_of() -> None:
    places = [(problem.line, problem.path, problem.severity) for problem in PARSED.problems]
    assert places == [
        (63, "strategies.slowly.canary.steps[1].exposeServices", "warning"),
        (93, "trafficManagement[1].smi", "warning"),
        (95, "trafficManagement[1].istio", "warning"),
    ]


def test_start_is_refused_by_name_and_line() -> None:
    refused = not_run(SPEC, PARSED.keys)
    assert [(one.line, one.severity, one.code) for one in refused] == [
        (line, "error", "not_built") for line in (63, 93, 95)
    ]


@pytest.mark.parametrize("target", ["staging", "south"])
def test_start_of_other_targets_is_not_refused(target: str) -> None:
    assert not_run(SPEC, PARSED.keys, (target,)) == ()
