"""The original's own addresses, for its command line as people have it: start, look, and its one GraphQL question."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from libs.api.view import Accepted
from libs.auth.http import caller
from libs.runtime.body import in_words
from libs.runtime.http import answer
from libs.runtime.json_keys import require_single_keys
from libs.runtime.problem import Problem
from services.intake.handlers import Intake
from services.intake.listing.query import idempotency_key
from services.intake.original.documents import Asked, again, linked, pipeline, question, start_request

Body = TypeVar("Body")

_CODES = {"unknown_agent": "42"}
"""What the original calls by a number, which scripts look for."""
_IN_PROGRESS = 'cannot start pipeline for application "{application}", there is another in-progress pipeline: {url}'
"""The original's words, which scripts look for too."""
_LINK = "application/vnd.start.kubernetes.pipeline.v2.link+json"


async def start(intake: Intake, request: web.Request) -> web.Response:
    try:
        accepted = await (_again if request.content_type == _LINK else _first)(intake, request)
    except Problem as problem:
        raise Problem(
            problem.status, problem.detail, problem.code, problem.fields | _errors(problem), problem.headers
        ) from problem
    return answer({"pipelineId": accepted.id, "warnings": accepted.warnings}, 202)


async def show(intake: Intake, request: web.Request) -> web.Response:
    _, view = await intake.found(request)
    return answer(pipeline(view))


async def ask(intake: Intake, request: web.Request) -> web.Response:
    try:
        asked = msgspec.json.decode(await request.read(), type=Asked)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "expected a GraphQL request with the variable pipelineID") from error
    return answer(question(await intake.view(caller(request).tenant, asked.variables.get("pipelineID", ""))))


async def _first(intake: Intake, request: web.Request) -> Accepted:
    wanted = await _read(request, start_request)
    return await intake.starting.start(caller(request), wanted, idempotency_key(request))


async def _again(intake: Intake, request: web.Request) -> Accepted:
    earlier = linked(request.headers.get("X-Armory-Config-Location", ""))
    if not earlier:
        raise Problem(422, "deploying from a URL is not built yet; send the file, or name a deployment", "not_built")
    change = await _read(request, again)
    key, _ = await intake.named(request, earlier)
    return await intake.starting.again(caller(request), key, change, idempotency_key(request))


async def _read(request: web.Request, decode: Callable[[bytes], Body]) -> Body:
    text = await request.read()
    try:
        decoded = decode(text)
    except msgspec.ValidationError as error:
        raise Problem(422, in_words(str(error)), "invalid_body") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "the body is not JSON") from error
    await require_single_keys(text)
    return decoded


def _errors(problem: Problem) -> dict[str, Any]:
    """The members that the original's command line prints."""
    found = [one for one in problem.fields.get("problems", ()) if one["severity"] == "error"]
    in_progress = problem.code == "deployment_in_progress"
    detail = _IN_PROGRESS.format_map(problem.fields) if in_progress else problem.detail
    found = found or [{"message": detail, "code": problem.code}]
    errors = [{"message": _spelled(one), "code": _CODES.get(code := one.get("code", ""), code)} for one in found]
    return {"error_id": problem.code, "errors": errors}


def _spelled(one: dict[str, Any]) -> str:
    words = [one.get("path", ""), one["message"], one.get("hint", "")]
    return ": ".join(word for word in words if word)
