"""Whether what was handed in can be deployed: every problem at once, before anything is kept. Pure."""

from collections.abc import Collection, Iterator

from msgspec import Struct

from libs.api.request import StartRequest
from libs.durable.ports import MAX_BATCH, MAX_MESSAGE_BYTES
from libs.plan.compile import Source, compile_plan, left_out
from libs.plan.prepare import prepare
from libs.plan.size import Bounds, too_large
from libs.spec.model import RunWebhook, Spec
from libs.spec.parse import parse
from libs.spec.problems import Place, Places, Problem, Report, path_of, place_of, quoted
from libs.spec.release import not_run
from libs.spec.rules.uses import used_steps

Needed = Iterator[tuple[str, str, str]]
"""Where an agent is named, its name, and what for."""


class Checked(Struct, frozen=True):
    spec: Spec | None
    """None where a problem is an error."""
    problems: tuple[Problem, ...]


def check(request: StartRequest, minimum_timeout_seconds: int) -> Checked:
    """The file, its manifests, and the names that the request adds."""
    prepared = prepare(request.config, request.files, request.given, minimum_timeout_seconds)
    if prepared.spec is None:
        return Checked(None, prepared.problems)
    spec = prepared.spec
    unbuilt = not_run(spec, prepared.keys, request.targets)
    wrong = (*unbuilt, *(_unknown_targets(spec, request.targets) or _too_large(spec, request)))
    # What only warns while a file is validated refuses to start: one line is enough to say so.
    refused = {(problem.code, problem.path) for problem in unbuilt}
    kept = tuple(problem for problem in prepared.problems if (problem.code, problem.path) not in refused)
    return Checked(None if wrong else spec, (*kept, *_left_out(spec, request, prepared.keys), *wrong))


def check_agents(request: StartRequest, spec: Spec, registered: Collection[str]) -> tuple[Problem, ...]:
    """An agent that never registered is refused, where a target that is asked for or one of its webhooks needs it."""
    needed = (*_accounts(request, spec), *_callers(request, spec))
    unknown = {path: (agent, use) for path, agent, use in needed if agent not in registered}
    places = parse(request.config, 0, request.given).places if unknown else {}
    report = Report()
    known = f"registered agents: {', '.join(sorted(registered)[:20]) or 'none'}"
    for path, (agent, use) in unknown.items():
        close = report.suggestion(agent, registered)
        hint = f"{close} {known}" if close.startswith("did you mean") else known
        message = f"no agent is registered as {quoted(agent)}{use}"
        report.error(place_of(places, path), "unknown_agent", message, hint)
    return report.problems()


def _accounts(request: StartRequest, spec: Spec) -> Needed:
    for name, target in spec.targets.items():
        if is_asked(request, name):
            yield path_of("targets", name, "account"), target.account, ""


def _callers(request: StartRequest, spec: Spec) -> Needed:
    for path, step in used_steps(spec, request.targets):
        if isinstance(step, RunWebhook) and (agent := spec.webhooks[step.name].agent):
            index = list(spec.webhooks).index(step.name)
            yield path_of("webhooks", index, "agentIdentifier"), agent, f", which calls {quoted(step.name)} for {path}"


def is_asked(request: StartRequest, target: str) -> bool:
    return not request.targets or target in request.targets


def _left_out(spec: Spec, request: StartRequest, places: Places) -> tuple[Problem, ...]:
    report = Report()
    for name, needed in left_out(spec, frozenset(request.targets)).items():
        path = path_of("targets", name, "constraints", "dependsOn")
        shown = ", ".join(quoted(one) for one in needed[:8])
        message = f"{shown} is left out of this deployment, so it is not waited for"
        report.warn(place_of(places, path), "left_out", message, "name it too, or go on without it")
    return report.problems()


def _too_large(spec: Spec, request: StartRequest) -> tuple[Problem, ...]:
    """A plan that no machine could lead is refused here, rather than after it was accepted."""
    sources = {name: Source("0" * 64, bool(target.strategy)) for name, target in spec.targets.items()}
    plan = compile_plan(spec, sources, frozenset(request.targets))
    report = Report()
    if reason := too_large(plan, Bounds(MAX_BATCH, MAX_MESSAGE_BYTES)):
        report.error(Place(path="targets"), "too_large", reason)
    return report.problems()


def _unknown_targets(spec: Spec, names: Collection[str]) -> tuple[Problem, ...]:
    report = Report()
    for name in names:
        if name not in spec.targets:
            hint = report.suggestion(name, spec.targets)
            report.error(Place(path="targets"), "unknown_name", f"the file has no target {quoted(name)}", hint)
    return report.problems()
