"""What a command of a page does, and what it prints."""

import json
import re
import shlex

import msgspec

from cli.server.client import spelled
from libs.api.file_problem import FileProblem
from libs.api.request import Again, Decision, StartRequest
from libs.runtime.problem import Problem
from libs.spec.parse import parse
from tests.integration.transcripts.stage import Stage

Files = dict[str, str]
NUMBERS = ("$FIRST", "$SECOND", "$THIRD", "$FOURTH")
"""What a page calls the deployments that it started."""
USER = re.compile(r"^(?:FAIRLEAD_USER=(\S+) )?(.*)$")


async def act(stage: Stage, files: Files, command: str) -> list[str]:
    """One `$` line. `&` at its end: do not wait for what it leads to."""
    match = USER.match(command)
    assert match is not None
    who, rest = match[1] or "ann", match[2]
    waits = not rest.endswith(" &")
    words = shlex.split(rest.removesuffix(" &"))
    try:
        printed = await _run(stage, files, who, words)
    except Problem as problem:
        return [f"fairlead: {problem.detail}", *_problems(problem)]
    if waits and words[0] == "fairlead":
        await stage.quiet()
    return [*printed, *stage.diary.news()]


async def _run(stage: Stage, files: Files, who: str, words: list[str]) -> list[str]:
    match words:
        case ["fairlead", "deploy", verb, *rest]:
            return await _deploy(stage, files, who, (verb, _options(rest)))
        case ["kubectl", "apply", *rest]:
            options = _options(rest)
            return await stage.apply(files[options["f"]], options.get("n", "default"))
        case ["kubectl", "scale", name, *rest]:
            options = _options(rest)
            return await stage.scale(options["n"], name, int(options["replicas"]))
        case ["curl", "-X", "POST", "$CALLBACK/callback", "-d", said]:
            body = json.loads(said)
            await stage.call_back(body["success"], body["mdMessage"])
            return []
        case ["sleep", seconds]:
            await stage.pass_time(float(seconds))
            return []
        case ["sed", expression, name]:
            _, old, new, _ = expression.split(expression[1])
            files[name] = files[name].replace(old, new)
            return []
        case _:
            raise AssertionError(f"no page can say {' '.join(words)}")


async def _deploy(stage: Stage, files: Files, who: str, said: tuple[str, dict[str, str]]) -> list[str]:
    verb, options = said
    match verb:
        case "start":
            return await _start(stage, files, who, options)
        case "redeploy":
            await stage.redeploy(who, _named(stage, options), Again(targets=_targets(options) or None))
        case "undo":
            await stage.undo(who)
        case _:
            await stage.decide(who, verb, _decision(options), _named(stage, options))
    return []


async def _start(stage: Stage, files: Files, who: str, options: dict[str, str]) -> list[str]:
    config = files[options["f"]]
    paths = parse(config).paths
    context = dict(pair.split("=", 1) for pair in options.get("add-context", "").split(",") if pair)
    sent: dict[str, tuple[str, ...]] = {path: (files[path],) for path in sorted(paths)}
    request = StartRequest(config=config, files=sent, context=context, targets=_targets(options))
    accepted = await stage.start(who, request)
    return [f"warning: {warning}" for warning in accepted.warnings]


def _decision(options: dict[str, str]) -> Decision:
    step, gate = options.get("step"), options.get("gate")
    return Decision(
        target=options.get("target", ""),
        stage=options.get("stage", ""),
        step=int(step) if step else None,
        gate=int(gate) if gate else None,
        reason=options.get("reason", ""),
    )


def _named(stage: Stage, options: dict[str, str]) -> str:
    return stage.started[NUMBERS.index(options["i"])] if "i" in options else ""


def _targets(options: dict[str, str]) -> tuple[str, ...]:
    return tuple(one for one in options.get("t", "").split(",") if one)


def _options(words: list[str]) -> dict[str, str]:
    """`-f x --target y` as a mapping; no page needs more."""
    return {name.lstrip("-"): value for name, value in zip(words[::2], words[1::2], strict=True)}


def _problems(problem: Problem) -> list[str]:
    return [spelled(msgspec.convert(one, FileProblem)) for one in problem.fields.get("problems", ())]
