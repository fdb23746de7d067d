"""A deployment drawn as a tree: the picture follows from the view alone."""

from datetime import UTC, datetime, timedelta
from io import StringIO

from msgspec.structs import replace
from rich.console import Console

from cli.showing.tree import tree
from libs.api.view import (
    Awaited,
    DeploymentView,
    LiveView,
    MeasuredView,
    RolloutView,
    SeriesView,
    StepView,
    TargetView,
)
from libs.messages.live import LivePod, LiveVersion, LiveWorkload

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ID = "0a000000-0000-8000-8000-000000000001"

STEPS = (
    StepView(kind="applyManifests", state="done"),
    StepView(kind="setWeight", state="done", weight=25),
    StepView(kind="pause", state="current", seconds=60, waits_for="60 s to pass", until=NOW + timedelta(seconds=41)),
    StepView(kind="setWeight", state="pending", weight=100),
)
STAGING = TargetView(
    name="staging",
    agent="eu-1",
    namespace="shop",
    phase="deploying",
    steps=STEPS,
    rollout=RolloutView(phase="progressing", weight=25),
)
PROD = TargetView(
    name="prod",
    agent="eu-2",
    phase="waiting",
    depends_on=("staging",),
    before=(StepView(kind="approval", state="pending", roles=("sre",)),),
    steps=(StepView(kind="setWeight", state="pending", weight=100),),
)
VIEW = DeploymentView(
    id=ID,
    application="shop",
    phase="running",
    revision=7,
    by="ann",
    started_at=NOW - timedelta(seconds=83),
    targets=(STAGING, PROD),
)


def drawn(view: DeploymentView) -> str:
    out = StringIO()
    Console(file=out, width=120, no_color=True).print(tree(view, NOW))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def test_running_deployment_is_drawn() -> None:
    assert (
        drawn(VIEW)
        == f"""\
● shop  running  {ID}  by ann  1 min 23 s
├── ● staging  deploying at 25 %  agent eu-1, namespace shop
│   ├── ✔ apply manifests
│   ├── ✔ 25 %
│   ├── ● pause 1 min  41 s left
│   └── ○ 100 %
└── ○ prod  waiting  agent eu-2  after staging
    ├── before
    │   └── ○ approval by sre
    └── ○ 100 %"""
    )


def test_decision_names_its_command() -> None:
    awaited = Awaited(target="prod", stage="before", step=0, roles=("sre",))
    target = replace(
        PROD, phase="before", before=(StepView(kind="approval", state="current", roles=("sre",), asks=True),)
    )
    assert (
        drawn(replace(VIEW, targets=(target,), awaiting=(awaited,)))
        == f"""\
‖ shop  waiting for a decision  {ID}  by ann  1 min 23 s
└── ‖ prod  before the deployment  agent eu-2
    ├── before
    │   └── ‖ approval by sre
    └── ○ 100 %

prod waits for approval by sre before it begins:
  fairlead deploy approve {ID}
  fairlead deploy reject {ID}"""
    )


def test_several_decisions_name_targets() -> None:
    both = tuple(Awaited(target=name, stage="before", step=0) for name in ("eu", "us"))
    picture = drawn(replace(VIEW, awaiting=both))
    assert f"fairlead deploy approve {ID} --target eu" in picture
    assert f"fairlead deploy approve {ID} --target us" in picture


def test_gates_are_drawn_below_their_list() -> None:
    gates = (
        StepView(kind="runWebhook", state="done", name="smoke", message="12 tests"),
        StepView(kind="analysis", state="current", name="errors", asks=True, message="analysis failed: 0.2"),
        StepView(kind="approval", state="current", asks=True),
    )
    steps = (
        StepView(kind="deployGreen", state="done"),
        StepView(
            kind="redirectTrafficAfter", state="current", gates=gates, asks=True, waits_for="a decision; approval"
        ),
        StepView(kind="redirectTraffic", state="pending"),
    )
    awaiting = (
        Awaited(target="staging", stage="strategy", step=1, gate=1, kind="judgment", message="analysis failed: 0.2"),
        Awaited(target="staging", stage="strategy", step=1, gate=2),
    )
    held = RolloutView(phase="progressing", held_by="bob", holds=1)
    target = replace(STAGING, steps=steps, rollout=held)
    assert (
        drawn(replace(VIEW, targets=(target,), awaiting=awaiting))
        == f"""\
‖ shop  waiting for a decision  {ID}  by ann  1 min 23 s
└── ‖ staging  deploying  agent eu-1, namespace shop
    held by bob
    ├── ✔ deploy the new version beside the old one
    ├── ‖ before traffic moves
    │   ├── ✔ webhook smoke  12 tests
    │   ├── ‖ analysis of errors  analysis failed: 0.2
    │   └── ‖ approval
    └── ○ redirect traffic

staging waits for a decision at step 2: analysis failed: 0.2
  fairlead deploy approve {ID} --target staging --stage strategy --step 2 --gate 2
  fairlead deploy reject {ID} --target staging --stage strategy --step 2 --gate 2

staging waits for approval at step 2:
  fairlead deploy approve {ID} --target staging --stage strategy --step 2 --gate 3
  fairlead deploy reject {ID} --target staging --stage strategy --step 2 --gate 3"""
    )


ERRORS = SeriesView(query="errors", values=(0.01, 0.05), mean=0.03, within=False, upper=0.02)
LATENCY = SeriesView(query="latency", values=(8.5, 9.5), mean=9.0, within=True, upper=20, lower=1)
ANALYSIS = StepView(kind="analysis", state="current", name="errors, latency", waits_for="the analysis of errors")
SO_FAR = MeasuredView(done=2, runs=3, series=(ERRORS, LATENCY), hindrance="latency: prometheus answered 503")


def test_running_analysis_shows_its_values() -> None:
    step = replace(ANALYSIS, measured=SO_FAR)
    assert (
        drawn(replace(VIEW, targets=(replace(STAGING, steps=(step,)),)))
        == f"""\
● shop  running  {ID}  by ann  1 min 23 s
└── ● staging  deploying  agent eu-1, namespace shop
    └── ● analysis of errors, latency  2 of 3 runs
        ├── errors 0.03 > 0.02 (mean of 2: 0.01, 0.05)
        ├── latency 9 >= 1 and <= 20 (mean of 2: 8.5, 9.5)
        └── latency: prometheus answered 503"""
    )


def test_values_stand_below_their_gate() -> None:
    older = replace(ERRORS, values=tuple(n / 1000 for n in range(10)), mean=0.004, within=True)
    gates = (replace(ANALYSIS, measured=MeasuredView(done=40, runs=60, series=(older,))), ANALYSIS)
    step = StepView(kind="redirectTrafficAfter", state="current", gates=gates)
    assert (
        drawn(replace(VIEW, targets=(replace(STAGING, steps=(step,)),)))
        == f"""\
● shop  running  {ID}  by ann  1 min 23 s
└── ● staging  deploying  agent eu-1, namespace shop
    └── ● before traffic moves
        ├── ● analysis of errors, latency  40 of 60 runs
        │   └── errors 0.004 <= 0.02 (mean of 40: …, 0.004, 0.005, 0.006, 0.007, 0.008, 0.009)
        └── ● analysis of errors, latency  waits for the analysis of errors"""
    )


def test_judged_values_are_not_told_twice() -> None:
    found = "errors 0.03 > 0.02 (mean of 2: 0.01, 0.05)"
    for state, asks in (("done", False), ("failed", False), ("current", True)):
        step = replace(ANALYSIS, state=state, asks=asks, message=found, measured=SO_FAR)
        assert drawn(replace(VIEW, targets=(replace(STAGING, steps=(step,)),))).count("0.05") == 1


def test_failed_gate_is_drawn_with_its_reason() -> None:
    gate = StepView(kind="runWebhook", state="failed", name="smoke", message="webhook smoke failed: 503", by="")
    picture = drawn(replace(VIEW, targets=(replace(STAGING, steps=(), after=(gate,)),)))
    assert "✖ webhook smoke  webhook smoke failed: 503" in picture


def test_sick_pods_come_first() -> None:
    pods = (*(LivePod(f"web-{n:02}", True) for n in range(10)), LivePod("web-zz", False, "ErrImagePull: no such image"))
    version = LiveVersion("web-new", "new", "web:2", 11, 10, 10, pods)
    live = LiveView(at=NOW, workloads=(LiveWorkload("web", (version,)),))
    assert (
        drawn(replace(VIEW, targets=(replace(STAGING, steps=(), live=live),)))
        == f"""\
● shop  running  {ID}  by ann  1 min 23 s
└── ● staging  deploying  agent eu-1, namespace shop
    └── web
        └── web-new  10/11 ready  new  web:2
            ├── ● web-zz  ErrImagePull: no such image
            ├── ✔ web-00
            ├── ✔ web-01
            ├── ✔ web-02
            ├── ✔ web-03
            ├── ✔ web-04
            ├── ✔ web-05
            ├── ✔ web-06
            └── … 3 more"""
    )


def test_reason_stands_with_its_target() -> None:
    back = replace(STAGING, phase="rolled_back", reason="not done within 60 s: image cannot be pulled", steps=())
    ended = replace(VIEW, phase="failed", reason="staging: too slow", targets=(back,), ended_at=NOW)
    assert (
        drawn(ended)
        == f"""\
✖ shop  failed  {ID}  by ann  1 min 23 s
staging: too slow
└── ↩ staging  rolled back  agent eu-1, namespace shop
    not done within 60 s: image cannot be pulled"""
    )


def test_reason_is_drawn_once() -> None:
    gate = StepView(kind="runWebhook", state="failed", name="smoke", message="webhook smoke failed: 503")
    why = "not done within 60 s: image cannot be pulled"
    eu = replace(STAGING, name="eu", phase="failed", reason=gate.message, steps=(), before=(gate,))
    us = replace(STAGING, name="us", phase="rolled_back", reason=why, steps=())
    reason = f"eu: {gate.message}; us: {why}"
    picture = drawn(replace(VIEW, phase="failed", reason=reason, targets=(eu, us), ended_at=NOW))
    assert picture.count("503") == 1
    assert picture.count("image cannot be pulled") == 1


def test_abort_stands_above_all_targets() -> None:
    why = "aborted by ann: wrong branch"
    targets = tuple(replace(STAGING, name=name, phase="rolled_back", reason=why, steps=()) for name in ("eu", "us"))
    picture = drawn(replace(VIEW, phase="cancelled", reason=why, targets=targets, ended_at=NOW))
    assert picture.splitlines()[1] == why
    assert picture.count(why) == 1


def test_first_version_has_no_weight() -> None:
    steps = (
        StepView(kind="applyManifests", state="done"),
        StepView(kind="setWeight", state="current", weight=100, waits_for="pods to be ready"),
        StepView(kind="pause", state="skipped", seconds=60),
        StepView(kind="setWeight", state="skipped", weight=100),
    )
    first = replace(STAGING, steps=steps, rollout=RolloutView(phase="progressing", weight=100, first=True))
    assert (
        drawn(replace(VIEW, targets=(first,)))
        == f"""\
● shop  running  {ID}  by ann  1 min 23 s
└── ● staging  deploying its first version  agent eu-1, namespace shop
    ├── ✔ apply manifests
    ├── ● deploy the new version  waits for pods to be ready
    └── - no version to compare with: the other steps are skipped"""
    )


def test_names_are_not_markup() -> None:
    assert "[red]x[/red]" in drawn(replace(VIEW, application="[red]x[/red]", targets=()))
