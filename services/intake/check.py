"""Whether what was handed in can be deployed: every problem at once, before anything is kept. Pure."""

from collections.abc import Collection, Mapping

from msgspec import Struct

from libs.api.request import StartRequest
from libs.spec.manifests import check_manifests, load, select
from libs.spec.model import Spec
from libs.spec.parse import parse
from libs.spec.problems import Place, Problem, path_of, quoted, suggestion

TARGETS = "targets"


class Checked(Struct, frozen=True):
    spec: Spec | None
    """None where a problem is an error."""
    problems: tuple[Problem, ...]
    places: Mapping[str, Place] = {}


def check(request: StartRequest, minimum_timeout_seconds: int) -> Checked:
    """The file, its manifests, and the names that the request adds."""
    parsed = parse(request.config, minimum_timeout_seconds, request.application or None)
    if parsed.spec is None:
        return Checked(None, parsed.problems, parsed.places)
    found = (*_unknown_targets(parsed.spec, request.targets), *_manifests(parsed.spec, request, parsed.places))
    refused = any(problem.severity == "error" for problem in found)
    return Checked(None if refused else parsed.spec, (*parsed.problems, *found), parsed.places)


def check_agents(checked: Checked, registered: Collection[str], only: Collection[str]) -> tuple[Problem, ...]:
    """An account that no agent ever registered under is refused; `only` are the targets asked for, all where empty."""
    assert checked.spec is not None, "only what was read can name agents"
    return tuple(
        _unknown_agent(target.account, checked.places.get(path, Place(path=path)), registered)
        for name, target in checked.spec.targets.items()
        if target.account not in registered and (not only or name in only)
        for path in (path_of("targets", name, "account"),)
    )


def _unknown_agent(account: str, place: Place, registered: Collection[str]) -> Problem:
    known = ", ".join(sorted(registered)[:20]) or "none"
    close = suggestion(account, registered)
    hint = f"{close} Registered: {known}" if close.startswith("did you mean") else f"registered agents: {known}"
    message = f"no agent is registered as {quoted(account)}"
    return Problem(place.line, place.column, place.path, message, hint, code="unknown_agent")


def _unknown_targets(spec: Spec, names: Collection[str]) -> list[Problem]:
    return [
        Problem(
            0, 0, TARGETS, f"the file has no target {quoted(name)}", suggestion(name, spec.targets), code="unknown_name"
        )
        for name in names
        if name not in spec.targets
    ]


def _manifests(spec: Spec, request: StartRequest, places: Mapping[str, Place]) -> list[Problem]:
    loaded = load(spec, request.files)
    problems, documents = list(loaded.problems), {}
    for name in spec.targets:
        documents[name], found = select(spec, loaded, name)
        problems += found
    # What could not be read would be missed a second time by the rules that look at the objects.
    return problems if problems else list(check_manifests(spec, documents, places))
