"""Every way in which the HTTP API says no: each `code` is provoked, documented, and nothing else is in the source."""

import ast
import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from libs.api.problem import MEDIA_TYPE
from libs.deployment.state import Phase, TargetPhase
from libs.durable.ports import Conflict, Unavailable, Write
from libs.messages.rollout import ApproveStep, RolloutRefused
from libs.runtime.health import SAFE_MODE
from libs.runtime.problem import _TITLES
from libs.webhook.state import Phase as RunPhase
from tests.builders import a_deployment, a_target, an_approval
from tests.integration.conftest import Open
from tests.integration.identity.world import World as Identity
from tests.integration.identity.world import a_world
from tests.integration.intake import test_callbacks as callbacks
from tests.integration.intake.test_again import LINK, ended, gone_to
from tests.integration.intake.test_agents import connect
from tests.integration.intake.test_decisions import decide, paused, walking
from tests.integration.intake.test_ids import alike
from tests.integration.intake.world import FILE, World, a_request, place_of, world

Answer = tuple[int, Any]
Provoke = Callable[[World], Awaitable[Answer]]

ROOT = Path(__file__).parents[3]
DOORS = ("services/intake", "services/identity", "libs/auth", "libs/runtime")
STARTS = 2
PROVOKED: dict[tuple[int, str], Provoke] = {}


def provokes(status: int, code: str) -> Callable[[Provoke], Provoke]:
    def noted(provoke: Provoke) -> Provoke:
        assert (status, code) not in PROVOKED
        PROVOKED[status, code] = provoke
        return provoke

    return noted


async def sent(w: World, method: str, path: str, content: bytes = b"", **headers: str) -> Answer:
    """Whatever somebody sends, byte by byte."""
    all_headers = {"Authorization": f"Bearer {w.token()}", "Content-Type": "application/json"} | headers
    url = f"{w.url}{path}"
    async with w.session.request(method, url, data=content or None, headers=all_headers) as response:
        assert response.content_type == MEDIA_TYPE
        return response.status, await response.json(content_type=None)


def on(path: str) -> str:
    return f"/deployments/{path}"


@provokes(400, "malformed_request")
async def malformed_request_400(w: World) -> Answer:
    return await sent(w, "POST", "/api/v1/deployments", b"{")


@provokes(400, "duplicate_key")
async def duplicate_key_400(w: World) -> Answer:
    return await sent(w, "POST", "/api/v1/deployments", b'{"config": "a", "config": "b"}')


@provokes(400, "invalid_body")
async def invalid_body_400(w: World) -> Answer:
    await callbacks.committed(w, RunPhase.WAITING)
    return await callbacks.call_back(w, {"success": "perhaps"})


@provokes(401, "not_authenticated")
async def not_authenticated_401(w: World) -> Answer:
    return await w.call("GET", "/deployments", token="")


@provokes(403, "not_allowed")
async def not_allowed_403(w: World) -> Answer:
    return await w.call("POST", "/deployments", a_request(), w.token("viewer"))


@provokes(403, "role_required")
async def role_required_403(w: World) -> Answer:
    deployment = await walking(w, "sre")
    return await w.call("POST", on(f"{deployment}/approve"), {}, w.token("deployer"))


@provokes(404, "not_found")
async def not_found_404(w: World) -> Answer:
    return await w.call("GET", on("01000000-0000-8000-8000-000000000000"))


@provokes(405, "method_not_allowed")
async def method_not_allowed_405(w: World) -> Answer:
    return await w.call("DELETE", "/deployments")


@provokes(409, "deployment_in_progress")
async def deployment_in_progress_409(w: World) -> Answer:
    first = await w.start()
    status, problem = await w.call("POST", "/deployments", a_request())
    assert problem["deployment"] == first
    return status, problem


@provokes(409, "idempotency_conflict")
async def idempotency_conflict_409(w: World) -> Answer:
    await w.start(key="k")
    return await w.call("POST", "/deployments", a_request(context={"release": "2"}), key="k")


@provokes(409, "ambiguous_id")
async def ambiguous_id_409(w: World) -> Answer:
    ids = await alike(w)
    status, problem = await w.call("GET", on(ids[0][:3]))
    assert {one["id"] for one in problem["deployments"]} == set(ids)
    return status, problem


@provokes(409, "ambiguous")
async def ambiguous_409(w: World) -> Answer:
    waiting = [a_target(name, TargetPhase.BEFORE, before=(an_approval(),)) for name in ("staging", "prod")]
    return await w.call("POST", on(f"{await paused(w, *waiting)}/approve"), {})


@provokes(409, "nothing_awaits")
async def nothing_awaits_409(w: World) -> Answer:
    return await w.call("POST", on(f"{await running(w)}/approve"), {})


@provokes(409, "nothing_fits")
async def nothing_fits_409(w: World) -> Answer:
    return await w.call("POST", on(f"{await running(w)}/resume"), {})


@provokes(409, "unknown_target")
async def unknown_target_409(w: World) -> Answer:
    return await w.call("POST", on(f"{await walking(w)}/rollback"), {"target": "prd"})


@provokes(409, "nothing_to_return")
async def nothing_to_return_409(w: World) -> Answer:
    waiting = a_deployment(a_target(phase=TargetPhase.CANCELLED))
    deployment = await w.start()
    await w.commits(place_of(deployment), waiting)
    return await w.call("POST", on(f"{deployment}/rollback"), {"target": "prod"})


@provokes(409, "refused")
async def refused_409(w: World) -> Answer:
    refused = RolloutRefused(target="prod", order=ApproveStep.address, reason="step 1 does not wait")
    status, problem, _ = await decide(w, await walking(w), "approve", refused)
    return status, problem


@provokes(409, "nothing_to_undo")
async def nothing_to_undo_409(w: World) -> Answer:
    return await w.call("POST", on(f"{await ended(w, Phase.SUCCEEDED)}/undo"))


@provokes(409, "several_to_undo")
async def several_to_undo_409(w: World) -> Answer:
    for names in (("staging",), ("prod",), ("staging", "prod")):
        newest = await w.start()
        await w.commits(place_of(newest), a_deployment(*gone_to(*names), phase=Phase.SUCCEEDED))
        await w.heard(newest, "succeeded")
    return await w.call("POST", on(f"{newest}/undo"))


@provokes(409, "already_called_back")
async def already_called_back_409(w: World) -> Answer:
    await callbacks.committed(w, RunPhase.SUCCEEDED, by="ci")
    return await callbacks.call_back(w)


@provokes(409, "agent_exists")
async def agent_exists_409(w: World) -> Answer:
    return await w.call("POST", "/agents", {"name": "prod"})


@provokes(409, "agent_connected")
async def agent_connected_409(w: World) -> Answer:
    await connect(w, "prod")
    return await w.call("DELETE", "/agents/prod")


@provokes(409, "agent_in_use")
async def agent_in_use_409(w: World) -> Answer:
    deployment = await w.start()
    await w.commits(place_of(deployment), a_deployment(a_target(phase=TargetPhase.DEPLOYING, agent="prod")))
    await w.heard(deployment, "running")
    return await w.call("DELETE", "/agents/prod")


@provokes(410, "step_over")
async def step_over_410(w: World) -> Answer:
    await callbacks.committed(w, RunPhase.FAILED, reason="no callback came")
    return await callbacks.call_back(w)


@provokes(412, "config_changed")
async def config_changed_412(w: World) -> Answer:
    return await sent(w, "PUT", "/api/v1/config", b'{"config": "roles: []"}', **{"If-Match": '"7"'})


@provokes(413, "too_large")
async def too_large_413(w: World) -> Answer:
    place = callbacks.TOKENS.token(callbacks.KEY)
    return await sent(w, "POST", f"/api/v1/callbacks/{place}/callback", b"x" * 70_000)


@provokes(415, "unsupported_media_type")
async def unsupported_media_type_415(w: World) -> Answer:
    return await sent(w, "POST", "/api/v1/deployments", b"x", **{"Content-Type": "text/plain"})


@provokes(422, "invalid_body")
async def invalid_body_422(w: World) -> Answer:
    return await w.call("POST", "/deployments", {"config": 1})


@provokes(422, "invalid_deployment_file")
async def invalid_deployment_file_422(w: World) -> Answer:
    return await w.call("POST", "/deployments", a_request(config=FILE.replace("weight: 50", "weight: 150")))


@provokes(422, "invalid_config_file")
async def invalid_config_file_422(w: World) -> Answer:
    return await w.call("PUT", "/config", {"config": "roles: 1"})


@provokes(422, "not_built")
async def not_built_422(w: World) -> Answer:
    return await sent(w, "POST", "/pipelines/kubernetes", b'{"account": "other"}', **{"Content-Type": LINK})


@provokes(422, "too_large")
async def too_large_422(w: World) -> Answer:
    return await w.call("POST", "/deployments", a_request(context={"a": "x" * 40_000}))


@provokes(422, "wrong_agent")
async def wrong_agent_422(w: World) -> Answer:
    return await w.call("POST", "/agents", {"name": "a name with spaces"})


@provokes(429, "too_many_requests")
async def too_many_requests_429(w: World) -> Answer:
    release, commit = asyncio.Event(), w.store.commit

    async def held(batch: Sequence[Write]) -> int:
        await release.wait()
        return await commit(batch)

    w.store.commit = held  # type: ignore[method-assign]
    return await several_at_once(w, release)


async def several_at_once(w: World, release: asyncio.Event) -> Answer:
    """The first that is answered while all others are held; they are accepted afterwards."""
    calls = [
        asyncio.create_task(w.call("POST", "/deployments", a_request(config=FILE.replace("shop", f"shop{number}", 1))))
        for number in range(STARTS + 1)
    ]
    (first,), held = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    release.set()
    assert [status for status, _ in await asyncio.gather(*held)] == [202] * STARTS
    return await first


@provokes(500, "internal")
async def internal_500(w: World) -> Answer:
    async def broken(*_: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    deployment = await w.start()
    w.store.last = broken  # type: ignore[assignment, method-assign]
    return await w.call("GET", on(deployment))


@provokes(503, "storage_unavailable")
async def storage_unavailable_503(w: World) -> Answer:
    async def away(*_: Any) -> Any:
        raise Unavailable("no leader")

    w.store.commit = away  # type: ignore[assignment, method-assign]
    return await w.call("POST", "/deployments", a_request())


@provokes(503, "storage_went_back")
async def storage_went_back_503(w: World) -> Answer:
    w.process.health.ready(SAFE_MODE, False, "the store went back")
    return await w.call("POST", on("0" * 36 + "/abort"), {})


@provokes(503, "outcome_unknown")
async def outcome_unknown_503(w: World) -> Answer:
    async def silent(*_: Any) -> Any:
        raise Conflict("somebody else, again and again")

    w.store.commit = silent  # type: ignore[assignment, method-assign]
    return await w.call("POST", "/deployments", a_request())


@provokes(503, "unavailable")
async def unavailable_503(w: World) -> Answer:
    deployment = await w.start()
    headers = {"Authorization": f"Bearer {w.token()}"}
    async with w.session.get(f"{w.url}/api/v1/deployments/{deployment}/events", headers=headers) as first:
        assert first.status == 200
        return await w.call("GET", on(f"{deployment}/events"))


@provokes(503, "not_ready")
async def not_ready_503(w: World) -> Answer:
    w.process.health.ready("store", False, "away")
    return await sent(w, "GET", "/readyz")


@provokes(503, "not_alive")
async def not_alive_503(w: World) -> Answer:
    w.process.health.alive = False
    return await sent(w, "GET", "/healthz")


@pytest.mark.parametrize("refusal", PROVOKED, ids=str)
async def test_refusal_is_what_it_says(memory: Open, refusal: tuple[int, str]) -> None:
    async with memory() as p, world(p.store, p.bus, intake_streams=1, intake_starts=STARTS) as w, asyncio.timeout(30):
        status, problem = await PROVOKED[refusal](w)
        assert (status, problem["code"], problem["status"]) == (*refusal, refusal[0])
        assert problem["detail"]
        assert problem["title"]


async def existing_client(w: Identity) -> Answer:
    made = {"name": "prod", "kind": "agent"}
    status, document, _ = await w.ask("POST", "/api/v1/clients", json=made, headers=await w.bearer())
    return status, document


async def wrong_client(w: Identity) -> Answer:
    made = {"name": "no name", "roles": ["viewer"]}
    status, document, _ = await w.ask("POST", "/api/v1/clients", json=made, headers=await w.bearer())
    return status, document


AT_IDENTITY = {(409, "conflict"): existing_client, (422, "invalid_client"): wrong_client}


@pytest.mark.parametrize("refusal", AT_IDENTITY, ids=str)
async def test_identity_refuses_as_it_says(refusal: tuple[int, str]) -> None:
    async with a_world() as w:
        status, problem = await AT_IDENTITY[refusal](w)
        assert (status, problem["code"]) == refusal


def test_every_refusal_is_documented() -> None:
    rows = re.findall(r"^\| (\d{3}) \| ((?:`\w+`(?:, )?)+) \|", (ROOT / "docs" / "http.md").read_text(), re.MULTILINE)
    documented = {(int(status), code) for status, codes in rows for code in re.findall(r"\w+", codes)}
    assert documented == PROVOKED.keys() | AT_IDENTITY.keys()


def test_every_refusal_of_the_source_is_provoked() -> None:
    assert set(in_source()) == PROVOKED.keys() | AT_IDENTITY.keys()


def in_source() -> Iterator[tuple[int, str]]:
    """Of each `Problem(…)` and of what becomes one; where status or code is a variable, what fills it is found too."""
    for path in (path for door in DOORS for path in (ROOT / door).rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            match call:
                case ast.Call(
                    func=ast.Name("Problem"), args=[ast.Constant(int(status)), _, ast.Constant(str(code)), *_]
                ):
                    yield status, code
                case ast.Call(func=ast.Name("Problem"), args=[ast.Constant(int(status)), _]):
                    yield status, _usual(status)
                case ast.Call(func=ast.Name("Unclear" | "NotUndone"), args=[ast.Constant(str(code)), *_]):
                    yield 409, code
                case _:
                    pass


def _usual(status: int) -> str:
    return _TITLES[status][0] if status in _TITLES else HTTPStatus(status).phrase.lower().replace(" ", "_")


async def running(w: World) -> str:
    deployment = await w.start()
    await w.commits(place_of(deployment), a_deployment())
    return deployment
