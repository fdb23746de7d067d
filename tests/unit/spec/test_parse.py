import pytest
from msgspec.structs import replace

from libs.spec.given import Given
from libs.spec.model import Approval, Canary, Manifest, Pause, SetWeight, Spec, Target
from libs.spec.parse import parse
from tests.unit.spec.files import a_file, spec_of, with_pause, with_steps
from tests.unit.spec.files import lines_of as lines

PAUSE = "strategies.careful.canary.steps[0].pause"
STEPS = "strategies.careful.canary.steps"


def steps_of(text: str) -> tuple[object, ...]:
    strategy = spec_of(text).strategies["careful"]
    assert isinstance(strategy, Canary)
    return strategy.steps


TOP = {
    "": ["1:1  is empty"],
    "# only a comment\n": ["1:1  is empty"],
    "---\n": ["1:1  is empty"],
    "null": ["1:1  is empty"],
    "hello": ['1:1  needs a mapping with application, targets and manifests, not the text "hello"'],
    "- a\n": ["1:1  needs a mapping with application, targets and manifests, not a list"],
    "42": ["1:1  needs a mapping with application, targets and manifests, not the number 42"],
    "{}": ["1:1 targets is missing", "1:1 manifests is missing", "1:1 application is missing"],
    "kind: Lambda\nartifacts: []\n": ["1:7 kind lambda is not built yet in this release"],
    a_file(more="kind: nomad"): ['5:7 kind needs kubernetes, not the text "nomad"'],
    a_file(more="1: 2"): ["5:1  has a key that is not text"],
    a_file(more="true: 2"): ["5:1  has a key that is not text"],
    a_file(more="? [a]\n: 2"): ["5:3  has a key that is not text"],
    a_file(more="applicaton: x"): ["5:1 applicaton is not known here"],
    a_file(more="__class__: x"): ["5:1 __class__ is not known here"],
    a_file(more="application: y"): ["5:1 application is written twice, first at 1:1"],
    a_file(more="files: {}\naccount: x"): ["5:1 files has no meaning here", "6:1 account has no meaning here"],
    a_file(more="context: [a, b]"): ["5:10 context needs a mapping, not a list"],
    a_file(more="context: {a: {b: c}, c: ~}"): ["5:14 context.a needs text, not a mapping", "5:25 context.c is empty"],
    a_file(more="deploymentConfig:"): ["5:1 deploymentConfig warning: is empty and counts as left out"],
    a_file(more="deploymentConfig: {timeout: {duration: 30, unit: seconds}}"): [
        "5:29 deploymentConfig.timeout is 30 seconds; at least 60 are needed"
    ],
    a_file(more="deploymentConfig: {timeout: {duration: 30}}"): ["5:20 deploymentConfig.timeout.unit is missing"],
}

NOT_BUILT = {
    "trafficManagement: {alias: []}": "5:21 trafficManagement[0].alias",
    "trafficManagement: [{gatewayApi: []}]": "5:22 trafficManagement[0].gatewayApi",
    "trafficManagement: [{nginx: []}]": "5:22 trafficManagement[0].nginx",
    "artifacts: []": "5:1 artifacts",
    "providerOptions:": "5:1 providerOptions",
    "deploymentConfig: {ifDeploymentInProgress: {strategy: replace}}": (
        "5:55 deploymentConfig.ifDeploymentInProgress.strategy replace"
    ),
    "deploymentConfig: {onDrift: stop}": "5:20 deploymentConfig.onDrift",
}

TARGETS = {
    "{}": ["2:10 targets is empty"],
    "[]": ["2:10 targets needs a mapping, not a list"],
    "{qa: {}}": ["2:11 targets.qa.account is missing"],
    "{qa: }": ["2:15 targets.qa is empty"],
    "{qa: {account: '', namespace: Shop}}": [
        "2:25 targets.qa.account is empty",
        '2:40 targets.qa.namespace needs a namespace: lower-case letters, digits and -, not the text "Shop"',
    ],
    '{qa: {account: "{{secrets.acc}}"}}': [
        "2:25 targets.qa.account holds a template, which is not built yet in this release"
    ],
    '{"eu (canary)": {account: 3}}': ['2:36 targets["eu (canary)"].account needs text, not the number 3'],
    "{qa: {account: q, strategy: carefull}}": ['2:38 targets.qa.strategy "carefull" is not among the strategies'],
    "{qa: {account: q, deployAsIamRole: r, region: x}}": [
        "2:28 targets.qa.deployAsIamRole is not built yet in this release",
        "2:48 targets.qa.region is not built yet in this release",
    ],
    '{"": {account: q}, "a\\nb": {account: c}}': [
        '2:11 targets[""] is an empty name',
        '2:29 targets["a\\nb"] holds a line break or an invisible character',
    ],
    '{"a\\u200bb": {account: q}}': ['2:11 targets["a\u200bb"] holds a line break or an invisible character'],
    '{"a\\u202eb": {account: q}}': ['2:11 targets["a\u202eb"] holds a line break or an invisible character'],
    "{qa: {account: q, dependsOn: [x], constraints: {dependson: [x], dependsOn: []}}}": [
        "2:28 targets.qa.dependsOn is not known here",
        "2:58 targets.qa.constraints.dependson is not known here",
        "2:85 targets.qa.constraints.dependsOn is empty",
    ],
    "{qa: {account: q, constraints: {dependsOn: [qa, qb, qb]}}}": [
        '2:54 targets.qa.constraints.dependsOn[0] "qa" depends on itself',
        '2:58 targets.qa.constraints.dependsOn[1] "qb" is not among the targets',
        '2:62 targets.qa.constraints.dependsOn[2] "qb" is named twice',
    ],
    "{a: {account: q, constraints: {dependsOn: [c]}}, b: {account: r, constraints: {dependsOn: [a]}},"
    " c: {account: s, constraints: {dependsOn: [b, d]}}, d: {account: t, constraints: {dependsOn: [c]}}}": [
        "2:53 targets.a.constraints.dependsOn[0] makes a cycle: a -> c -> b -> a",
        "2:152 targets.c.constraints.dependsOn[1] makes a cycle: c -> d -> c",
    ],
    "{a: {account: q, namespace: n}, b: {account: q, namespace: n}, c: {account: q}}": [
        '2:45 targets.b warning: goes to the same account and namespace as "a", in no order'
    ],
    "{a: {account: q, namespace: n}, b: {account: r, constraints: {dependsOn: [a]}},"
    " c: {account: q, namespace: n, constraints: {dependsOn: [b]}}}": [],
    "{qa: {account: q, constraints: {beforeDeployment: [{setWeight: 3}, {exposeServices: {}}, {analysis: {}},"
    " {runWebhook: {}}], afterDeployment: []}}}": [
        "2:62 targets.qa.constraints.beforeDeployment[0].setWeight has no meaning here",
        "2:78 targets.qa.constraints.beforeDeployment[1].exposeServices has no meaning here",
        *(
            f"2:100 targets.qa.constraints.beforeDeployment[2].analysis.{key} is missing"
            for key in ("interval", "units", "numberOfJudgmentRuns", "queries")
        ),
        "2:116 targets.qa.constraints.beforeDeployment[3].runWebhook.name is missing",
    ],
    "{qa: {account: q, namespace: n, account: r}}": ["2:42 targets.qa.account is written twice, first at 2:16"],
    "{qa: {account: q, <<: {account: r}}}": ['2:28 targets.qa["<<"] would merge "account" over a key above it'],
    "{qa: {<<: 3, account: r}}": ['2:20 targets.qa["<<"] must name a mapping, or a list of mappings'],
}

MANIFESTS = {
    "[]": ["3:12 manifests is empty"],
    "{path: x}": ["3:12 manifests needs a list, not a mapping"],
    "[k8s/]": ['3:13 manifests[0] needs a mapping, not the text "k8s/"'],
    "[{}]": ["3:13 manifests[0] has neither path nor inline"],
    "[{path: a, inline: b}]": ["3:13 manifests[0] has path and inline"],
    "[{path: 3}]": ["3:20 manifests[0].path needs text, not the number 3"],
    "[{path: a, targets: []}]": ["3:32 manifests[0].targets is empty"],
    "[{path: a, targets: [qb]}]": [
        "2:15 targets.qa no manifest goes to it",
        '3:33 manifests[0].targets[0] warning: "qb" is no target and is passed over',
    ],
    "[{path: 'https://x.test/a.yml'}]": [
        "3:20 manifests[0].path is a URL; manifests from a URL are not built yet in this release"
    ],
    "\n- inline: |\n  apiVersion: v1": [
        "4:11 manifests[0].inline is empty",
        "5:3 manifests[0].apiVersion is not known here",
    ],
}

STRATEGIES = {
    "{careful: {blueGreen: {}}}": ['2:15 targets.qa has no active Service, which blue/green strategy "careful" moves'],
    "{careful: [{canary: {steps: []}}]}": ["4:23 strategies.careful needs a mapping, not a list"],
    "{careful: {canary: {}}}": ["4:24 strategies.careful.canary.steps is missing"],
    "{careful: {}}": ["4:23 strategies.careful has no key"],
    "{careful: {canary: {steps: []}}, unused: {canary: {steps: []}}}": [],
}

STEP = {
    "setWeight: 101": "8:20 {}.setWeight must be 0 to 100, not 101",
    "setWeight: -1": "8:20 {}.setWeight must be 0 to 100, not -1",
    "setWeight: true": "8:20 {}.setWeight needs a whole number, not the true/false value true",
    "setWeight: 2.5": "8:20 {}.setWeight needs a whole number, not the number 2.5",
    "setWeight: .inf": "8:20 {}.setWeight needs a whole number, not the number .inf",
    "setWeight: 25%": '8:20 {}.setWeight needs a whole number, not the text "25%"',
    "setWeight: [20]": "8:20 {}.setWeight needs a whole number, 0 to 100, not a list",
    "setWeight: {}": "8:9 {}.setWeight.weight is missing",
    "setWeight: {weight: 1, wait: 2}": "8:32 {}.setWeight.wait is not known here",
    "exposeServices: {}": "8:9 {}.exposeServices.services is missing",
    "runWebhook: {name: x}": '8:28 {}.runWebhook.name "x" is not among the webhooks',
    "runWebhook: x": '8:21 {}.runWebhook needs a mapping, not the text "x"',
    "pase: {}": "8:9 {}.pase is not known here",
    "{}": "8:9 {} has no key",
    "wait": '8:9 {} needs a mapping, not the text "wait"',
    "{pause: {duration: 1, unit: hours}, setWeight: 1}": "8:9 {} has 2 keys where one may be: pause, setWeight",
}

PAUSES = {
    "{untilApproved: true, duration: 1, unit: hours}": ["4:49 {} has untilApproved beside duration and unit"],
    "{unit: hours}": ["4:49 {} has a unit without a duration"],
    "{duration: 1}": ["4:49 {} has a duration without a unit"],
    "{}": ["4:49 {} waits for nothing"],
    "{untilApproved: false}": ["4:49 {} waits for nothing"],
    "{untilApproved: yes}": ['4:65 {}.untilApproved needs true or false, not the text "yes"'],
    "{untilApproved: 1}": ["4:65 {}.untilApproved needs true or false, not the number 1"],
    "{duration: 1, unit: hours, requiresRoles: [a]}": [
        "4:91 {}.requiresRoles has no effect without untilApproved: true"
    ],
    "{duration: 9000, unit: hours}": ["4:49 {} is longer than 366 days"],
    "{duration: 1.0, unit: hours}": ["4:60 {}.duration needs a whole number, not the number 1.0"],
    "{duration: .nan, unit: hours}": ["4:60 {}.duration needs a whole number, not the number .nan"],
    "{duration: '5', unit: hours}": ['4:60 {}.duration needs a whole number, not the text "5"'],
    "{duration: 010, unit: hours}": ['4:60 {}.duration needs a whole number, not the text "010"'],
    "{duration: 12:30, unit: hours}": ['4:60 {}.duration needs a whole number, not the text "12:30"'],
    "{duration: 9223372036854775808, unit: hours}": ["4:60 {}.duration must be 1 to 1000000, not 9223372036854775808"],
    "{duration: 0, unit: none}": [
        "4:60 {}.duration must be 1 to 1000000, not 0",
        '4:69 {}.unit needs seconds, minutes or hours, not the text "none"',
    ],
    "{untilApproved: true, approvals: 2, notSubmitter: true}": [
        "4:71 {}.approvals is not built yet in this release",
        "4:85 {}.notSubmitter is not built yet in this release",
    ],
    "{untilApproved: true, requiresRole: [a], requiresRoles: [b]}": [
        "4:71 {}.requiresRole is another spelling of requiresRoles, which is there too"
    ],
    "": ["4:49 {} is empty"],
    "[a]": ["4:49 {} needs a mapping, not a list"],
}


@pytest.mark.parametrize(("text", "expected"), TOP.items())
def test_top_level_problems_are_named(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


@pytest.mark.parametrize(("text", "place"), NOT_BUILT.items())
def test_parts_not_built_are_refused(text: str, place: str) -> None:
    assert lines(a_file(more=text)) == [f"{place} is not built yet in this release"]


@pytest.mark.parametrize(("targets", "expected"), TARGETS.items())
def test_target_problems_are_named(targets: str, expected: list[str]) -> None:
    assert lines(a_file(targets=targets)) == expected


@pytest.mark.parametrize(("manifests", "expected"), MANIFESTS.items())
def test_manifest_problems_are_named(manifests: str, expected: list[str]) -> None:
    assert lines(a_file(manifests=manifests)) == expected


@pytest.mark.parametrize(("strategies", "expected"), STRATEGIES.items())
def test_strategy_problems_are_named(strategies: str, expected: list[str]) -> None:
    assert lines(a_file(strategies=strategies)) == expected


@pytest.mark.parametrize(("step", "expected"), STEP.items())
def test_step_problems_are_named(step: str, expected: str) -> None:
    assert lines(with_steps(step)) == [expected.format(f"{STEPS}[0]")]


@pytest.mark.parametrize(("pause", "expected"), PAUSES.items())
def test_pause_problems_are_named(pause: str, expected: list[str]) -> None:
    assert lines(with_pause(pause)) == [line.replace("{}", PAUSE) for line in expected]


def test_key_beside_its_step_is_explained() -> None:
    problems = parse(with_steps("pause:\n        duration: 5")).problems
    assert [one.hint for one in problems] == ["write a mapping", "it belongs under pause: indent it deeper than pause"]


def test_all_problems_come_at_once() -> None:
    text = a_file(targets="{qa: {account: 3}}", manifests="[{}]", strategies="{s: {}}", more="onDrift: x")
    assert len(lines(text)) == 4


def test_falling_weight_warns() -> None:
    text = with_steps("setWeight: 50", "pause: {untilApproved: true}", "setWeight: 20")
    assert lines(text) == [f"10:9 {STEPS}[2] warning: lowers the weight from 50 to 20"]


def test_warnings_never_hide_an_error() -> None:
    names = ", ".join(f"t{number}" for number in range(300))
    text = a_file(manifests=f"[{{path: a, targets: [qa, {names}]}}]", strategies="{careful: {}}")
    assert "strategies.careful has no key" in " ".join(lines(text))


def test_problems_beyond_the_limit_are_counted() -> None:
    text = a_file(more="\n".join(f"key{number}: 1" for number in range(150)))
    assert [len(lines(text)), parse(text).problems[-1].message] == [101, "50 more problems"]


def test_whole_file_reads_in_normal_form() -> None:
    text = """
version: apps/v1
kind: Kubernetes
metadata: {labels: {a: b}}
application: store front
description: |
  two
  lines
context: {team: checkout, build: 010, flag: yes}
deploymentConfig:
  timeout: {duration: 2, unit: HOURS}
  keepDeploymentObject: false
targets:
  eu (canary):
    account: eu
    strategy: careful
    constraints:
      dependsOn: [qa]
      beforeDeployment:
        - pause: {untilApproved: true, requiresRoles: [sre], approvalExpiration: {duration: 8, unit: hours}}
      afterDeployment: []
  qa: {account: qa, namespace: shop}
manifests:
  - path: k8s/
  - inline: |

      kind: ConfigMap
    targets: [qa]
strategies:
  careful: {canary: {steps: [{setWeight: 10}, {pause: {duration: 5, unit: minutes}}, {setWeight: {weight: 50}}]}}
"""
    parsed = parse(text)
    assert parsed.problems == ()
    assert parsed.spec == Spec(
        application="store front",
        description="two\nlines\n",
        context={"team": "checkout", "build": "010", "flag": "yes"},
        timeout_seconds=7200,
        targets={
            "eu (canary)": Target(
                account="eu",
                strategy="careful",
                depends_on=("qa",),
                before=(Pause(approval=Approval(roles=("sre",), expires_seconds=28800)),),
            ),
            "qa": Target(account="qa", namespace="shop"),
        },
        manifests=(
            Manifest(("eu (canary)", "qa"), path="k8s/", line=24, column=11),
            Manifest(("qa",), inline="\nkind: ConfigMap\n", line=26, column=7, verbatim=True),
        ),
        strategies={"careful": Canary((SetWeight(10), Pause(seconds=300), SetWeight(50)))},
    )


def test_targets_keep_their_order() -> None:
    assert list(spec_of(a_file(targets="{z: {account: a}, a: {account: b}}")).targets) == ["z", "a"]


def test_json_reads_like_yaml() -> None:
    text = '{"application":"\\ud83d\\ude80 shop","targets":{"qa":{"account":"q"}},\n\t"manifests":[{"path":"k8s\\/"}]}'
    spec = spec_of(text)
    assert (spec.application, spec.manifests[0].path) == ("🚀 shop", "k8s/")


def test_anchors_and_merge_keys_read() -> None:
    spec = spec_of(a_file(targets="{qa: &q {account: q, namespace: a}, qb: {<<: *q, namespace: b}}"))
    assert spec.targets["qb"] == Target(account="q", namespace="b")


@pytest.mark.parametrize(
    ("pause", "expected", "warnings"),
    [
        ("{untilApproved: false, duration: 1, unit: SECONDS}", Pause(seconds=1), 0),
        ("{untilApproved: true, requiresRoles: []}", Pause(approval=Approval()), 1),
        ("{untilApproved: true, requiresRole: [a]}", Pause(approval=Approval(("a",))), 1),
        ("{untilApproved: true, requiresRole: a}", Pause(approval=Approval(("a",))), 2),
        (
            "{untilApproved: true, approvalDuration: {duration: 1, unit: minutes}}",
            Pause(approval=Approval((), 60)),
            1,
        ),
        (
            "{untilApproved: true, approvalExpiration: {duration: 1, unit: minutes, requiresRoles: [a]}}",
            Pause(approval=Approval(("a",), 60)),
            1,
        ),
        ("{duration: 1, unit: seconds, requiresRoles: []}", Pause(seconds=1), 1),
    ],
)
def test_pause_variants_are_accepted(pause: str, expected: Pause, warnings: int) -> None:
    parsed = parse(with_pause(pause))
    assert [one.severity for one in parsed.problems] == ["warning"] * warnings
    assert steps_of(with_pause(pause)) == (expected,)


def test_development_lowers_the_minimum() -> None:
    text = a_file(more="deploymentConfig: {timeout: {duration: 5, unit: seconds}}")
    spec = parse(text, minimum_timeout_seconds=1).spec
    assert spec is not None
    assert spec.timeout_seconds == 5


def test_application_of_the_request_wins() -> None:
    text = a_file()
    assert parse(text, given=Given("other")).spec == replace(spec_of(text), application="other")


def test_request_may_bring_the_application() -> None:
    assert parse(a_file().removeprefix("application: shop\n"), given=Given("shop")).spec is not None


def test_wrong_application_of_the_request_is_refused() -> None:
    assert [one.text("deploy.yml") for one in parse(a_file(), given=Given("a\nb")).problems] == [
        "deploy.yml: application: holds a line break or an invisible character"
    ]


NOWHERE = "{qa: {namespace: a}, eu: {account: e, namespace: b}}"


@pytest.mark.feature("F156")
def test_account_of_the_request_is_that_of_every_target() -> None:
    spec = parse(a_file(targets=NOWHERE), given=Given(account="lent")).spec
    assert spec is not None
    assert [target.account for target in spec.targets.values()] == ["lent", "lent"]


@pytest.mark.parametrize(
    ("targets", "account", "said"),
    [
        (NOWHERE, "", "deploy.yml:2:11: targets.qa.account: is missing"),
        (NOWHERE, "a\nb", "deploy.yml: account: holds a line break or an invisible character"),
        (
            "{qa: {account: q, namespace: a}, eu: {account: e, namespace: a}}",
            "lent",
            'deploy.yml:2:47: targets.eu: warning: goes to the same account and namespace as "qa", in no order',
        ),
    ],
)
def test_account_of_the_request_is_judged_as_the_files(targets: str, account: str, said: str) -> None:
    (problem,) = parse(a_file(targets=targets), given=Given(account=account)).problems
    assert problem.text("deploy.yml").startswith(said)


def test_text_composes_place_path_and_hint() -> None:
    assert parse(a_file(targets="{qa: {acount: q, account: r}}")).problems[0].text("deploy.yml") == (
        "deploy.yml:2:16: targets.qa.acount: is not known here (did you mean account?)"
    )


def test_places_are_kept_for_later_problems() -> None:
    place = parse(a_file()).places["targets.qa.strategy"]
    assert (place.line, place.column) == (2, 64)
