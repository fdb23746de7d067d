"""Each section of the file: what may be left out and what that means, what is taken, and where a step may stand."""

from collections.abc import Callable

import pytest

from libs.spec.model import (
    Analysis,
    Approval,
    BlueGreen,
    Canary,
    ExposeServices,
    Header,
    IstioRoute,
    Manifest,
    Pause,
    Query,
    ServicePair,
    SetWeight,
    SmiSplit,
    Spec,
    Traffic,
    Webhook,
)
from libs.spec.parse import parse
from tests.unit.spec.files import (
    MANIFESTS,
    QUERIES,
    TARGETS,
    TIMES,
    a_file,
    asked,
    called,
    errors_of,
    lines_of,
    queried,
    spec_of,
    with_pause,
    with_steps,
)

Look = Callable[[Spec], object]
LEAST = f"application: shop\ntargets: {{qa: {{account: q}}}}\nmanifests: {MANIFESTS}"
WEBHOOKS = "webhooks: [{name: w, uriTemplate: 'https://a.test'}]"
BOTH = "{qa: {account: q, strategy: careful}, eu: {account: e, strategy: careful}}"


def steps_of(text: str) -> tuple[object, ...]:
    strategy = spec_of(text).strategies["careful"]
    assert isinstance(strategy, Canary)
    return strategy.steps


@pytest.mark.feature("F30", "F31", "F32", "F33", "F34", "F35")
def test_least_file_has_its_defaults() -> None:
    assert lines_of(LEAST) == []
    spec = spec_of(LEAST)
    assert spec == Spec("shop", spec.targets, (Manifest(("qa",), path="k8s/", line=3, column=20),), {})
    assert (spec.timeout_seconds, spec.keeps_deployment, spec.when_in_progress) == (1800, False, "reject")


LEFT_OUT = {
    "context": (a_file(more="context: {}"), lambda spec: spec.context, {}),
    "targets of a manifest": (a_file(targets=BOTH), lambda spec: spec.manifests[0].targets, ("qa", "eu")),
    "targets of an item of traffic": (
        a_file(targets=BOTH, more="trafficManagement: [{kubernetes: [{activeService: shop}]}]"),
        lambda spec: spec.traffic,
        (Traffic(("qa", "eu"), (ServicePair("shop"),)),),
    ),
    "all of a webhook but its address": (
        called("uriTemplate: 'https://a.test'"),
        lambda spec: spec.webhooks["w"],
        Webhook("https://a.test", "POST", (), None, through_agent=False, agent="", retries=0, calls_back=True),
    ),
    "an agent of a direct call": (
        called("uriTemplate: 'https://a.test', networkMode: direct, agentIdentifier: q"),
        lambda spec: spec.webhooks["w"].agent,
        "",
    ),
    "the agent of a call through one": (
        called("uriTemplate: 'https://a.test', networkMode: remoteNetworkAgent"),
        lambda spec: (spec.webhooks["w"].through_agent, spec.webhooks["w"].agent),
        (True, ""),
    ),
    "modes of an analysis": (
        asked(f"{TIMES}, queries: [q]"),
        lambda spec: spec.strategies["careful"].steps[0],
        Analysis(("q",), 60, 2, "", "sliding", aborts_early=False, asks_when_failed=False, asks_when_passed=False),
    ),
    "one limit": (
        queried("queryTemplate: up, lowerLimit: 0.25, aggregationMethod: avg"),
        lambda spec: spec.queries["q"],
        Query("up", lower=0.25),
    ),
    "both lists of blue/green": (
        a_file(strategies="{careful: {blueGreen: {activeService: shop}}}"),
        lambda spec: spec.strategies["careful"],
        BlueGreen(active_service="shop"),
    ),
    "roles and end of an approval": (
        with_pause("{untilApproved: true}"),
        lambda spec: spec.strategies["careful"].steps,
        (Pause(approval=Approval()),),
    ),
    "subsets and routes": (
        a_file(more="trafficManagement: [{istio: [{virtualService: {name: shop}}], smi: [{rootServiceName: shop}]}]"),
        lambda spec: (spec.traffic[0].istio, spec.traffic[0].smi),
        ((IstioRoute("shop"),), (SmiSplit("shop"),)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "look", "expected"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_is_left_out_has_a_meaning(text: str, look: Look, expected: object) -> None:
    assert (look(spec_of(text)), errors_of(text)) == (expected, [])


TAKEN = {
    "account of any form": a_file(targets="{qa: {account: 'arn:aws:iam::123:role/x'}}"),
    "names as people write them": a_file(
        targets="{'prod-apac (canary-istio)': {account: q, strategy: 'slow & sure'}}",
        strategies="{'slow & sure': {canary: {steps: []}}}",
    ),
    "no constraints at all": a_file(targets="{qa: {account: q, constraints: {}}}"),
    "empty lists of constraints": a_file(
        targets="{qa: {account: q, constraints: {beforeDeployment: [], afterDeployment: []}}}"
    ),
    "only an order": a_file(targets="{qa: {account: q}, eu: {account: e, constraints: {dependsOn: [qa]}}}"),
    "one place, in an order": a_file(targets="{qa: {account: q}, eu: {account: q, constraints: {dependsOn: [qa]}}}"),
    "fanning out and in": a_file(
        targets="{a: {account: a}, b: {account: b, constraints: {dependsOn: [a]}},"
        " c: {account: c, constraints: {dependsOn: [a]}}, d: {account: d, constraints: {dependsOn: [b, c]}}}"
    ),
    "strategies of both kinds, one for two targets, one for none": a_file(
        targets="{a: {account: a, strategy: c}, b: {account: b, strategy: c}, d: {account: d, strategy: s}}",
        strategies="{c: {canary: {steps: []}}, s: {blueGreen: {activeService: shop}}, unused: {canary: {steps: []}}}",
    ),
    "a strategy that nothing needs": a_file(targets=TARGETS, manifests="[{inline: 'kind: ConfigMap'}]"),
    "the same manifest for two targets": a_file(
        targets=BOTH, manifests="[{path: a, targets: [qa]}, {path: a, targets: [eu]}]"
    ),
    "pauses first, and one after the other": with_steps(
        "pause: {duration: 1, unit: seconds}", "pause: {untilApproved: true}", "setWeight: 10"
    ),
    "weights 0 and 100": with_steps("setWeight: 0", "setWeight: {weight: 100}"),
    "no step at all": a_file(strategies="{careful: {canary: {steps: []}}}"),
    "every unit": with_steps(*(f"pause: {{duration: 1, unit: {unit}}}" for unit in ("seconds", "MINUTES", "Hours"))),
    "a webhook's name with spaces": (
        with_steps("runWebhook: {name: tell the chat}")
        + "webhooks: [{name: tell the chat, uriTemplate: '{{secrets.chat-url}}', method: get}]"
    ),
    "spaces and tabs within braces": called('uriTemplate: "https://{{ context.host }}/{{\\t \\tsecrets.token\\t\\t}}"'),
    "every value of a webhook": called(
        "uriTemplate: 'https://a.test/{{armory.applicationName}}/{{armory.environmentName}}/{{armory.accountName}}/"
        "{{armory.namespace}}/{{armory.replicaSetName}}/{{armory.deploymentId}}?cb={{armory.callbackUri}}'"
    ),
    "every value of a query": queried(
        "upperLimit: 1, queryTemplate: 'a{{armory.startTimeIso8601}}{{armory.startTimeEpochSeconds}}"
        "{{armory.startTimeEpochMillis}}{{armory.endTimeIso8601}}{{armory.endTimeEpochSeconds}}"
        "{{armory.endTimeEpochMillis}}{{armory.intervalMillis}}{{armory.intervalSeconds}}{{armory.promQlStepInterval}}'"
    ),
    "smi and kubernetes in one item": a_file(
        targets="{qa: {account: q}}",
        more="trafficManagement: {smi: [{rootServiceName: a}, {rootServiceName: b}], kubernetes: {activeService: a}}",
    ),
}  # fmt: skip


@pytest.mark.feature("F36", "F37", "F38", "F48", "F49")
@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_what_real_files_hold_is_taken(text: str) -> None:
    assert lines_of(text) == []


@pytest.mark.feature("F93", "F94", "F95")
def test_services_may_be_shown_again_and_again() -> None:
    text = with_steps(
        "exposeServices: {services: [shop]}", "setWeight: 100",
        "exposeServices: {services: [shop, shop-next], ttl: {duration: 24, unit: hours}}",
    )  # fmt: skip
    shown = ExposeServices(("shop",), 300), SetWeight(100), ExposeServices(("shop", "shop-next"), 86_400)
    assert (steps_of(text), errors_of(text)) == (shown, [])


@pytest.mark.feature("F110")
def test_headers_read_as_pairs() -> None:
    text = called("uriTemplate: 'https://a.test', headers: [{key: A, value: b}, {key: A, value: '{{secrets.x}}'}]")
    assert spec_of(text).webhooks["w"].headers == (Header("A", "b"), Header("A", "{{secrets.x}}"))


PLACES = {
    "canary": a_file(strategies="{careful: {canary: {steps: [%s]}}}"),
    "redirectTrafficAfter": a_file(
        strategies="{careful: {blueGreen: {activeService: s, redirectTrafficAfter: [%s]}}}"
    ),
    "shutDownOldVersionAfter": a_file(
        strategies="{careful: {blueGreen: {activeService: s, shutDownOldVersionAfter: [%s]}}}"
    ),
    "beforeDeployment": a_file(targets="{qa: {account: q, constraints: {beforeDeployment: [%s]}}}"),
    "afterDeployment": a_file(targets="{qa: {account: q, constraints: {afterDeployment: [%s]}}}"),
}  # fmt: skip
SWAPS = ("redirectTrafficAfter", "shutDownOldVersionAfter")
KINDS = {
    "setWeight": ("{setWeight: 10}", ("canary",)),
    "pause": ("{pause: {untilApproved: true}}", tuple(PLACES)),
    "runWebhook": ("{runWebhook: {name: w}}", tuple(PLACES)),
    "analysis": (f"{{analysis: {{{TIMES}, queries: [q]}}}}", tuple(PLACES)),
    "exposeServices": ("{exposeServices: {services: [shop]}}", ("canary", *SWAPS)),
}


@pytest.mark.feature("F40", "F41", "F42", "F82", "F83", "F88", "F98", "F99")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_step_may_stand_where_it_means_something(kind: str, place: str) -> None:
    step, allowed = KINDS[kind]
    refused = [one.code for one in parse(PLACES[place] % step + f"{QUERIES}\n{WEBHOOKS}").problems
               if one.severity == "error"]  # fmt: skip
    assert refused == ([] if place in allowed else ["not_here"])
