"""The original's documents: its request for a deployment, and ours shown the way its command line reads it. Pure."""

import re
from typing import Any

import msgspec
from msgspec import Struct

from libs.api.request import Again, StartRequest
from libs.api.status import status, step_status, target_status
from libs.api.view import DeploymentView, StepView, TargetView
from services.intake.accepting.acceptance import REPLACED

_STORED = re.compile(r"armory::.*/pipelines/([^/]+)/config")
_ONLY_IN_REQUESTS = ("files", "targetFilters", "sourceControl", "contextOverrides", "account")


class _Filter(Struct, frozen=True, rename="camel"):
    include_target: str


class _Extras(Struct, frozen=True, rename="camel"):
    """What the original's command line puts beside the file's own keys."""

    files: dict[str, tuple[str, ...] | None] | None = None
    target_filters: tuple[_Filter, ...] | None = None
    source_control: dict[str, Any] | None = None
    context_overrides: dict[str, str] | None = None
    """How its older versions named what `--add-context` gives."""
    account: str = ""


class _Link(Struct, frozen=True, rename="camel"):
    """What comes instead of a file where an earlier deployment is named."""

    account: str = ""
    target_filters: tuple[_Filter, ...] | None = None


class Asked(Struct, frozen=True):
    """The body of the one GraphQL question that is ever asked."""

    variables: dict[str, str] = {}


def start_request(body: bytes) -> StartRequest:
    """Raises `msgspec.MsgspecError` for what is no such request."""
    extras = msgspec.json.decode(body, type=_Extras)
    document = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    config = {key: value for key, value in document.items() if key not in _ONLY_IN_REQUESTS}
    return StartRequest(
        config=msgspec.json.encode(config).decode(),
        files={path: texts for path, texts in (extras.files or {}).items() if texts is not None},
        account=extras.account,
        context=extras.context_overrides or {},
        source_control=extras.source_control or {},
        targets=tuple(one.include_target for one in extras.target_filters or ()),
    )


def linked(location: str) -> str:
    """The earlier deployment that a configuration's location names; empty where it names something else."""
    found = _STORED.fullmatch(location)
    return found[1] if found else ""


def again(body: bytes) -> Again:
    """Raises `msgspec.MsgspecError` for what is no such request."""
    link = msgspec.json.decode(body or b"{}", type=_Link)
    named = tuple(one.include_target for one in link.target_filters or ())
    return Again(targets=named or None, account=link.account)


def pipeline(view: DeploymentView) -> dict[str, Any]:
    """Every deployment ends here as SUCCEEDED, FAILED or CANCELLED, else its command line would watch for ever."""
    return {
        "id": view.id,
        "application": view.application,
        "description": view.description or view.reason,
        "context": view.context,
        **({"sourceControl": view.source_control} if view.source_control else {}),
        "startedAtIso8601": view.started_at.isoformat(),
        **({"completedAtIso8601": view.ended_at.isoformat()} if view.ended_at else {}),
        "status": status(view),
        "initiatedBy": view.by,
        "environments": [
            {"name": target.name, "namespace": target.namespace, "account": target.agent} for target in view.targets
        ],
        "steps": [step for target in view.targets for step in _steps(target)],
    }


def question(view: DeploymentView | None) -> dict[str, Any]:
    is_queued = view is not None and bool(view.behind) and view.phase in ("accepted", "queued")
    replaced = view.reason.removeprefix(REPLACED) if view and view.reason.startswith(REPLACED) else ""
    found = view and {
        "id": view.id,
        "status": "QUEUED" if is_queued else status(view),
        "blockedByPipeline": {"id": view.behind} if view and is_queued else None,
        "replacedByPipeline": {"id": replaced} if replaced else None,
        "application": {"name": view.application},
    }
    return {"data": {"pipelineById": found}}


def _steps(target: TargetView) -> list[dict[str, Any]]:
    """The target itself, and every pause before, within and after it."""
    # The original counts a strategy's steps; that the manifests come first is none of them.
    counted = [step.state == "done" for step in target.steps if step.kind != "applyManifests"]
    deployment = {"environment": target.name, "step": sum(counted), "totalSteps": len(counted)}
    own = {
        "ref": target.name,
        "type": "deployment",
        "status": target_status(target),
        "dependsOn": list(target.depends_on),
        "deployment": deployment,
    }
    staged = (("before", target.before), ("strategy", target.steps), ("after", target.after))
    pauses = [
        _pause(f"{target.name}-{stage}-{index}{f'-{number}' if step.gates else ''}", target.name, gate)
        for stage, steps in staged
        for index, step in enumerate(steps)
        for number, gate in enumerate(step.gates or (step,))
        if gate.kind in ("pause", "approval")
    ]
    return [own, *pauses]


def _pause(ref: str, target: str, step: StepView) -> dict[str, Any]:
    lasts = {"duration": step.seconds, "unit": "SECONDS"} if step.seconds is not None else {}
    return {
        "ref": ref,
        "type": "pause",
        "status": step_status(step),
        "constraintFor": target,
        "dependsOn": [],
        "pause": lasts,
    }
