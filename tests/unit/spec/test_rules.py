"""Each rule across fields, one case for each way to break it."""

import pytest

from libs.spec.parse import parse
from tests.unit.spec.files import a_file, lines_of, with_pause, with_steps

STEP = "strategies.careful.canary.steps[0]"
STEPS = "strategies.careful.canary.steps"
TIMES = "interval: 1, units: minutes, numberOfJudgmentRuns: 2"
ANALYSIS = f"analysis: {{{TIMES}, queries: [q]}}"


def asked(query: str, default: str = "defaultMetricProviderName: p, ", step: str = ANALYSIS) -> str:
    return with_steps(step) + f"analysis: {{{default}queries: [{{name: q, {query}}}]}}"


def called(webhook: str) -> str:
    """The webhook's keys after its name begin at line 9, column 22."""
    return with_steps("runWebhook: {name: w}") + f"webhooks: [{{name: w, {webhook}}}]"


def swapped(traffic: str, swap: str = "") -> str:
    return a_file(strategies=f"{{careful: {{blueGreen: {{{swap}}}}}}}", more=f"trafficManagement: {traffic}")


RULES = {
    "1 no target": (a_file(targets="{}"), ["2:10 targets is empty"]),
    "1 unknown strategy": (
        a_file(targets="{qa: {account: q, strategy: carefull}}"),
        ['2:38 targets.qa.strategy "carefull" is not among the strategies'],
    ),
    "1 no strategies": (
        "application: a\ntargets: {qa: {account: q, strategy: s}}\nmanifests: [{path: a}]",
        ['2:38 targets.qa.strategy "s" is not among the strategies'],
    ),
    "1 unknown target": (
        a_file(targets="{qa: {account: q, constraints: {dependsOn: [qb]}}}"),
        ['2:54 targets.qa.constraints.dependsOn[0] "qb" is not among the targets'],
    ),
    "1 cycle": (
        a_file(
            targets="{a: {account: q, constraints: {dependsOn: [b]}}, b: {account: r, constraints: {dependsOn: [a]}}}"
        ),
        ["2:53 targets.a.constraints.dependsOn[0] makes a cycle: a -> b -> a"],
    ),
    "1 itself": (
        a_file(targets="{qa: {account: q, constraints: {dependsOn: [qa]}}}"),
        ['2:54 targets.qa.constraints.dependsOn[0] "qa" depends on itself'],
    ),
    "3 unknown webhook": (
        with_steps("runWebhook: {name: chatt}") + "webhooks: [{name: chat, uriTemplate: 'https://a.test'}]",
        [f'8:28 {STEP}.runWebhook.name "chatt" is not among the webhooks'],
    ),
    "3 unknown webhook of a constraint": (
        a_file(targets="{qa: {account: q, constraints: {afterDeployment: [{runWebhook: {name: w}}]}}}"),
        ['2:80 targets.qa.constraints.afterDeployment[0].runWebhook.name "w" is not among the webhooks'],
    ),
    "3 unknown query": (
        with_steps(ANALYSIS) + "analysis: {defaultMetricProviderName: p, queries: []}",
        [f'8:84 {STEP}.analysis.queries[0] "q" is not among the queries'],
    ),
    "3 no queries at all": (with_steps(ANALYSIS), [f'8:84 {STEP}.analysis.queries[0] "q" is not among the queries']),
    "3 no provider": (
        asked("queryTemplate: up, upperLimit: 1", default=""),
        [f'8:84 {STEP}.analysis.queries[0] "q" has no metric provider to ask'],
    ),
    "3 provider of the query": (asked("queryTemplate: up, upperLimit: 1, metricProviderName: p", default=""), []),
    "3 provider of the step": (
        asked("queryTemplate: up, upperLimit: 1", "", f"analysis: {{{TIMES}, queries: [q], metricProviderName: p}}"),
        [],
    ),
    "4 person and time": (
        with_pause("{untilApproved: true, duration: 1, unit: hours}"),
        [f"4:49 {STEP}.pause has untilApproved beside duration and unit"],
    ),
    "4 time without unit": (with_pause("{duration: 1}"), [f"4:49 {STEP}.pause has a duration without a unit"]),
    "4 unit without time": (with_pause("{unit: hours}"), [f"4:49 {STEP}.pause has a unit without a duration"]),
    "4 nothing": (with_pause("{}"), [f"4:49 {STEP}.pause waits for nothing"]),
    "5 timeout": (
        a_file(more="deploymentConfig: {timeout: {duration: 59, unit: seconds}}"),
        ["5:29 deploymentConfig.timeout is 59 seconds; at least 60 are needed"],
    ),
    "5 preview too short": (
        with_steps("exposeServices: {services: [shop], ttl: {duration: 59, unit: seconds}}"),
        [
            f"8:9 {STEP}.exposeServices warning: services are not exposed by this release",
            f"8:49 {STEP}.exposeServices.ttl is 59 seconds",
        ],
    ),
    "5 preview too long": (
        with_steps("exposeServices: {services: [shop], ttl: {duration: 25, unit: hours}}"),
        [
            f"8:9 {STEP}.exposeServices warning: services are not exposed by this release",
            f"8:49 {STEP}.exposeServices.ttl is 90000 seconds",
        ],
    ),
    "6 no limit": (asked("queryTemplate: up"), ["9:52 analysis.queries[0] has no limit"]),
    "6 limits crossed": (
        asked("queryTemplate: up, upperLimit: 1, lowerLimit: 1.5"),
        ["9:108 analysis.queries[0].lowerLimit is 1.5, above upperLimit 1"],
    ),
    "6 limits alike": (asked("queryTemplate: up, upperLimit: 1, lowerLimit: 1.0"), []),
    "7 no active Service": (
        swapped("[]"),
        ['2:15 targets.qa has no active Service, which blue/green strategy "careful" moves'],
    ),
    "7 active Service of another target": (
        a_file(
            targets="{qa: {account: q, strategy: s}, qb: {account: r, strategy: s}}",
            strategies="{s: {blueGreen: {}}}",
            more="trafficManagement: [{targets: [qb], kubernetes: [{activeService: shop}]}]",
        ),
        ['2:15 targets.qa has no active Service, which blue/green strategy "s" moves'],
    ),
    "7 two previews": (
        swapped("[{kubernetes: [{activeService: a, previewService: b}, {activeService: a, previewService: c}]}]"),
        ['2:15 targets.qa gets two preview Services for "a"'],
    ),
    "7 one Service for both": (
        swapped("[{kubernetes: [{activeService: a, previewService: a}]}]"),
        ['5:35 trafficManagement[0].kubernetes[0] shows both versions through "a"'],
    ),
    "7 preview alone": (
        swapped("[{kubernetes: [{activeService: a}, {activeService: b}, {previewService: c}]}]"),
        ["5:75 trafficManagement[0].kubernetes[2] has no activeService"],
    ),
    "7 unknown target": (
        a_file(more="trafficManagement: [{targets: [qaa], smi: [{rootServiceName: a}]}]"),
        ['5:32 trafficManagement[0].targets[0] "qaa" is not among the targets'],
    ),
    "8 no manifest": (
        a_file(targets="{qa: {account: q}, qb: {account: r}}", manifests="[{path: a, targets: [qb]}]"),
        ["2:15 targets.qa no manifest goes to it"],
    ),
    "9 falling weight": (
        with_steps("setWeight: 50", "setWeight: 20"),
        [f"9:9 {STEPS}[1] warning: lowers the weight from 50 to 20"],
    ),
    "allowed nowhere else: setWeight": (
        swapped("[]", "activeService: a, redirectTrafficAfter: [{setWeight: 5}]"),
        ["4:78 strategies.careful.blueGreen.redirectTrafficAfter[0].setWeight has no meaning here"],
    ),
    "too long an analysis": (
        asked("queryTemplate: up, upperLimit: 1", step=ANALYSIS.replace("1, units: minutes", "1000, units: hours")
              .replace("Runs: 2", "Runs: 900")),
        [f"8:19 {STEP}.analysis takes longer than 366 days, all its runs together"],
    ),
}  # fmt: skip

TEMPLATES = {
    "unknown namespace": (
        "'{{contxt.a}}'",
        '9:36 {}.uriTemplate "{{contxt.a}}" names no value',
        "did you mean context?",
    ),
    "no namespace": ("'https://{{a}}'", '9:44 {}.uriTemplate "{{a}}" names no value', "start the name with"),
    "section": ("'https://{{#context.a}}'", '9:44 {}.uriTemplate "{{#context.a}}" is no variable', "there are only"),
    "no name": ("'https://{{context.a b}}'", '9:44 {}.uriTemplate "{{context.a b}}" is no name', "write a name of"),
    "no such value": (
        "'https://{{armory.namspace}}'",
        '9:44 {}.uriTemplate "{{armory.namspace}}" has no value here',
        "did you mean namespace?",
    ),
    "not closed": ("'https://{{context.a'", "9:44 {}.uriTemplate opens {{ that no }} closes", "close it"),
    "three braces": ("'https://{{{context.a}}}'", "9:44 {}.uriTemplate opens three braces", "write two"),
    "no address": ("'ftp://a.test'", '9:35 {}.uriTemplate "ftp://a.test" is no address', "start it with https://"),
    "one escaped": (
        '"https://a\\t{{context.b}}{{x.y}}"',
        "9:35 {}.uriTemplate holds a line break or an invisible character",
        "write it on one line",
    ),
}


@pytest.mark.parametrize(("text", "expected"), RULES.values(), ids=RULES)
def test_rule_is_told_at_its_place(text: str, expected: list[str]) -> None:
    assert lines_of(text) == expected


@pytest.mark.feature("F50")
@pytest.mark.parametrize(("uri", "line", "hint"), TEMPLATES.values(), ids=TEMPLATES)
def test_template_is_judged_where_it_stands(uri: str, line: str, hint: str) -> None:
    text = called(f"uriTemplate: {uri}")
    assert lines_of(text) == [line.replace("{}", "webhooks[0]", 1)]
    assert parse(text).problems[0].hint.startswith(hint)


def test_braces_in_a_folded_text_are_found() -> None:
    query = 'queryTemplate: >-\n      sum(a{x="{{context.x}}"}\n      [{{armory.callbackUri}}])\n    upperLimit: 1'
    text = with_steps(ANALYSIS) + f"analysis:\n  defaultMetricProviderName: p\n  queries:\n  - name: q\n    {query}"
    assert lines_of(text) == ['15:8 analysis.queries[0].queryTemplate "{{armory.callbackUri}}" has no value here']


def test_template_in_a_context_only_warns() -> None:
    text = a_file(more="context: {a: '{{secrets.x}}', b: '{{ .Values.x }}'}")
    assert lines_of(text) == ["5:14 context.a warning: holds a template, which is passed on as it stands"]


def test_header_name_is_checked() -> None:
    text = called(
        "uriTemplate: 'https://a.test', headers: [{key: 'X y', value: a}, {key: 'X-{{context.a}}', value: b}]"
    )
    assert lines_of(text) == ['9:69 webhooks[0].headers[0].key "X y" is no header\'s name']


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a": ' + "9" * 5000 + "}", "{{context.x}}", "{'a'}"])
def test_any_body_is_answered(body: str) -> None:
    quoted = body.replace("'", "''")
    text = called(f"uriTemplate: 'https://a.test', bodyTemplate: '{quoted}'")
    assert parse(text).spec is not None


def test_role_named_twice_is_refused() -> None:
    assert lines_of(with_pause("{untilApproved: true, requiresRoles: [a, b, a]}")) == [
        f'4:93 {STEP}.pause.requiresRoles[2] "a" is named twice'
    ]


def test_unknown_words_bring_the_nearest() -> None:
    text = a_file(more="webhook: []\ndeploymentConfig: {ifDeploymentInProgress: {strategy: enqueue}}")
    assert [one.hint for one in parse(text).problems] == ["did you mean webhooks?", "did you mean enqueueOne?"]


@pytest.mark.parametrize("body", ["{{a}}" * 40_000, "{{a " * 60_000, "{" * 250_000])
def test_many_braces_are_few_problems(body: str) -> None:
    text = called(f"uriTemplate: 'https://a.test', bodyTemplate: '{body}'")
    assert 0 < len(parse(text).problems) <= 11


def test_steps_after_a_broken_one_keep_their_number() -> None:
    assert lines_of(with_steps("setWeight: {weight: 150}", "exposeServices: {services: [a]}")) == [
        f"8:29 {STEP}.setWeight.weight must be 0 to 100, not 150",
        f"9:9 {STEP[:-3]}[1].exposeServices warning: services are not exposed by this release",
    ]
