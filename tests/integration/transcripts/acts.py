"""What a command of a page does, and what it prints."""

import json
import re
import shlex

import msgspec

from cli.client import spelled
from libs.api.file_problem import FileProblem
from libs.api.request import Decision, StartRequest
from libs.runtime.problem import Problem
from libs.spec.parse import parse
from tests.integration.transcripts.stage import CHOICES, Stage

Files = dict[str, str]
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
        case ["fairlead", "deploy", "start", *rest]:
            return await _start(stage, files, who, _options(rest))
        case ["fairlead", "deploy", verb, *rest] if verb in CHOICES:
            options = _options(rest)
            step = options.get("step")
            wanted = Decision(
                target=options.get("target", ""),
                stage=options.get("stage", ""),
                step=int(step) if step else None,
                reason=options.get("reason", ""),
            )
            await stage.decide(who, verb, wanted)
            return []
        case ["kubectl", "apply", *rest]:
            options = _options(rest)
            return await stage.apply(files[options["f"]], options.get("n", "default"))
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


async def _start(stage: Stage, files: Files, who: str, options: dict[str, str]) -> list[str]:
    config = files[options["f"]]
    spec = parse(config).spec
    paths = {manifest.path for manifest in spec.manifests if manifest.path} if spec else set()
    context = dict(pair.split("=", 1) for pair in options.get("add-context", "").split(",") if pair)
    targets = tuple(one for one in options.get("t", "").split(",") if one)
    request = StartRequest(
        config=config, files={path: (files[path],) for path in sorted(paths)}, context=context, targets=targets
    )
    accepted = await stage.start(who, request)
    return [f"warning: {warning}" for warning in accepted.warnings]


def _options(words: list[str]) -> dict[str, str]:
    """`-f x --target y` as a mapping; no page needs more."""
    return {name.lstrip("-"): value for name, value in zip(words[::2], words[1::2], strict=True)}


def _problems(problem: Problem) -> list[str]:
    return [spelled(msgspec.convert(one, FileProblem)) for one in problem.fields.get("problems", ())]
