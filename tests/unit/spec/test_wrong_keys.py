"""Each key of a part that is used, written wrongly: named at its place, and the common mistakes with their cure."""

import pytest

from libs.spec.model import Query
from libs.spec.parse import parse
from tests.unit.spec.files import TIMES, a_file, asked, called, errors_of, lines_of, queried, spec_of, with_steps

STEP = "strategies.careful.canary.steps[0]"
WRONG = {
    "interval 0": (asked("interval: 0, units: hours, numberOfJudgmentRuns: 1, queries: [q]"),
                   [f"8:30 {STEP}.analysis.interval must be 1 to 1000000, not 0"]),
    "no interval": (asked("units: hours, numberOfJudgmentRuns: 1, queries: [q]"),
                    [f"8:9 {STEP}.analysis.interval is missing"]),
    "no units": (asked("interval: 1, numberOfJudgmentRuns: 1, queries: [q]"),
                 [f"8:9 {STEP}.analysis.units is missing"]),
    "unit and units": (asked(f"{TIMES}, unit: hours, queries: [q]"),
                       [f"8:74 {STEP}.analysis.unit is another spelling of units, which is there too"]),
    "no runs": (asked("interval: 1, units: hours, numberOfJudgmentRuns: 0, queries: [q]"),
                [f"8:69 {STEP}.analysis.numberOfJudgmentRuns must be 1 to 1000, not 0"]),
    "no query": (asked(f"{TIMES}, queries: []"), [f"8:83 {STEP}.analysis.queries is empty"]),
    "mode": (asked(f"{TIMES}, queries: [q], rollBackMode: never"),
             [f'8:102 {STEP}.analysis.rollBackMode needs automatic or manual, not the text "never"']),
    "lookback": (asked(f"{TIMES}, queries: [q], lookbackMethod: back"),
                 [f'8:104 {STEP}.analysis.lookbackMethod needs growing or sliding, not the text "back"']),
    "query without a template": (queried("upperLimit: 1"), ["9:52 analysis.queries[0].queryTemplate is missing"]),
    "limit in words": (queried("queryTemplate: up, upperLimit: high"),
                       ['9:93 analysis.queries[0].upperLimit needs a number, not the text "high"']),
    "webhook without an address": (called("method: GET"), ["9:12 webhooks[0].uriTemplate is missing"]),
    "unknown method": (called("uriTemplate: 'https://a', method: FETCH"),
                       ['9:56 webhooks[0].method needs GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS, '
                        'not the text "FETCH"']),
    "unknown network": (called("uriTemplate: 'https://a', networkMode: vpn"),
                        ['9:61 webhooks[0].networkMode needs direct or remoteNetworkAgent, not the text "vpn"']),
    "header without a value": (called("uriTemplate: 'https://a', headers: [{key: A}]"),
                               ["9:58 webhooks[0].headers[0].value is missing"]),
    "headers as a mapping": (called("uriTemplate: 'https://a', headers: {A: b}"),
                             ["9:57 webhooks[0].headers needs a list, not a mapping"]),
    "body from a file": (called("uriTemplate: 'https://a', bodyTemplate: {path: body.json}"),
                         ["9:63 webhooks[0].bodyTemplate.path is not built yet in this release"]),
    "tries": (called("uriTemplate: 'https://a', retryCount: 21"),
              ["9:60 webhooks[0].retryCount must be 0 to 20, not 21"]),
    "callback": (called("uriTemplate: 'https://a', disableCallback: no"),
                 ['9:65 webhooks[0].disableCallback needs true or false, not the text "no"']),
    "split without its Service": (a_file(more="trafficManagement: [{smi: [{trafficSplitName: a}]}]"),
                                  ["5:28 trafficManagement[0].smi[0].rootServiceName is missing"]),
    "route without its name": (a_file(more="trafficManagement: [{istio: [{virtualService: {}}]}]"),
                               ["5:31 trafficManagement[0].istio[0].virtualService.name is missing"]),
    "no name of a Service": (a_file(more="trafficManagement: [{kubernetes: [{activeService: My_Shop}]}]"),
                             ["5:51 trafficManagement[0].kubernetes[0].activeService needs a Service's name: "
                              'lower-case letters, digits and -, not the text "My_Shop"']),
    "two kinds of one strategy": (
        a_file(strategies="{careful: {canary: {steps: []}, blueGreen: {activeService: s}}}"),
        ["4:23 strategies.careful has 2 keys where one may be: canary, blueGreen"],
    ),
    "timeout 0": (a_file(more="deploymentConfig: {timeout: {duration: 0, unit: hours}}"),
                  ["5:40 deploymentConfig.timeout.duration must be 1 to 1000000, not 0"]),
    "kept perhaps": (a_file(more="deploymentConfig: {keepDeploymentObject: maybe}"),
                     ['5:42 deploymentConfig.keepDeploymentObject needs true or false, not the text "maybe"']),
    "nothing in progress": (a_file(more="deploymentConfig: {ifDeploymentInProgress: {}}"),
                            ["5:20 deploymentConfig.ifDeploymentInProgress.strategy is missing"]),
    "no Service to show": (with_steps("exposeServices: {services: []}"),
                           [f"8:36 {STEP}.exposeServices.services is empty"]),
    "secret outside of templates": (
        a_file(targets="{qa: {account: q, strategy: '{{secrets.x}}'}}"),
        ["2:38 targets.qa.strategy holds a template, which is not built yet in this release"],
    ),
}  # fmt: skip


@pytest.mark.feature("F54")
@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG)
def test_wrong_key_of_a_used_part_is_named(text: str, expected: list[str]) -> None:
    assert errors_of(text) == expected


def test_first_of_two_queries_counts() -> None:
    twice = "{name: q, queryTemplate: up, upperLimit: 1}, {name: q, queryTemplate: down, upperLimit: 2}"
    text = with_steps(f"analysis: {{{TIMES}, queries: [q]}}") + (
        f"analysis: {{defaultMetricProviderName: p, queries: [{twice}]}}"
    )
    assert spec_of(text).queries == {"q": Query("up", upper=1.0)}
    assert lines_of(text) == ['9:97 analysis.queries[1] warning: defines "q" again; that at 9:52 counts']


BRACES = "put a text with {{ }} in it in quotes"
NIGHT = {
    "braces as a value": (called("uriTemplate: {{secrets.x}}"), BRACES),
    "braces in a value": (called("uriTemplate: https://a/{{secrets.x}}"), BRACES),
    "braces before a text": (a_file(more="webhooks:\n- name: w\n  uriTemplate: {{secrets.x}}/a"), BRACES),
    "braces in context": (a_file(more="context: {a: {{secrets.x}}}"), BRACES),
    "steps without their key": (a_file(strategies="{careful: {canary: [{setWeight: 10}]}}"),
                                "put the list under steps:"),
    "steps beside canary": (a_file(strategies="\n  careful:\n    canary:\n    steps: []"),
                            "it belongs under canary: indent it deeper than canary"),
    "a number in quotes": (with_steps("setWeight: '50'"), "write 50"),
    "a number for a name": (a_file(targets="{qa: {account: 12}}"), 'write "12"'),
    "a misspelled strategy": (a_file(targets="{qa: {account: q, strategy: carefull}}"), "did you mean careful?"),
    "nobody for a manifest": (a_file(manifests="[{path: a, targets: []}]"), "remove the key to include all targets"),
    "lambda": (a_file(more="kind: lambda"), "deploy it with another tool for now"),
}  # fmt: skip


@pytest.mark.feature("F54")
@pytest.mark.parametrize(("text", "hint"), NIGHT.values(), ids=NIGHT)
def test_mistake_is_told_with_its_cure(text: str, hint: str) -> None:
    problems = [one for one in parse(text).problems if one.severity == "error"]
    assert problems[-1].hint == hint


def test_unknown_key_is_told_every_key_that_this_release_runs() -> None:
    (problem,) = parse(a_file(more="zzz: 1")).problems
    known = problem.hint.removeprefix("known: ").split(", ")
    unbuilt = ["artifacts", "providerOptions", "metadata", "files", "targetFilters", "sourceControl", "account"]
    assert (len(known), set(known) & set(unbuilt)) == (12, set())
    assert {"strategies", "targets", "manifests"} <= set(known)
