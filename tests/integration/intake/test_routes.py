"""Every address, by who may use it; and what reading answers."""

import pytest

from libs.auth.permissions import ROLES, Action
from libs.deployment.state import Phase
from services.intake.http import PREFIX, ROUTES, Route
from tests.builders import a_deployment, a_rollout, a_target
from tests.integration.conftest import Open
from tests.integration.intake.world import a_request, place_of, world

NAMES = [f"{route.about.method} {route.about.path}" for route in ROUTES]


def path(route: Route) -> str:
    names = {"deployment": "01000000-0000-8000-8000-000000000000", "token": "made-up", "agent": "nobody"}
    return route.about.path.format(**names).removeprefix(PREFIX)


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
async def test_no_token_is_refused(memory: Open, route: Route) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        for token in ("", "nonsense", w.token(seconds=-100)):
            status, problem = await w.call(route.about.method, path(route), None, token)
            assert (status, problem["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
@pytest.mark.parametrize("role", ["viewer", "deployer", "stranger"])
async def test_role_without_right_is_refused(memory: Open, route: Route, role: str) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, _ = await w.call(route.about.method, path(route), None, w.token(role))
        anybody = route.about.path.endswith("/whoami")
        allowed = (
            ROLES[Action.DEPLOYMENT_READ] if route.about.action is Action.TENANT_MEMBER else ROLES[route.about.action]
        )
        assert (status == 403) == (role not in allowed and not anybody)


async def test_other_tenant_finds_nothing(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        stranger = w.token(tenant="other")
        for method, verb in (("GET", ""), ("GET", "/events"), ("POST", "/approve"), ("POST", "/abort")):
            status, _ = await w.call(method, f"/deployments/{deployment}{verb}", None, stranger)
            assert status == 404
        _, listed = await w.call("GET", "/deployments", None, stranger)
        assert listed["deployments"] == []


async def test_view_tells_committed_state(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        place = place_of(deployment)
        await w.commits(place, a_deployment())
        revision = await w.commits(place.of_target("prod"), a_rollout(step=1, hindrance="1 of 4 pods ready"))
        _, view = await w.call("GET", f"/deployments/{deployment}")
        (target,) = view["targets"]
        assert (view["revision"], view["phase"], target["rollout"]["hindrance"]) == (
            revision,
            "running",
            "1 of 4 pods ready",
        )
        assert [step["state"] for step in target["steps"]] == ["done", "current", "pending", "pending"]


async def test_accepted_is_seen_at_once(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        _, view = await w.call("GET", f"/deployments/{await w.start()}")
        assert (view["phase"], view["by"], view.get("targets", [])) == ("accepted", "ann", [])


@pytest.mark.parametrize("given", ["x", "01000000-0000-4000-8000-000000000000", "ff000000-0000-8000-8000-000000000000"])
async def test_foreign_id_is_not_found(memory: Open, given: str) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, problem = await w.call("GET", f"/deployments/{given}")
        assert (status, problem["code"]) == (404, "not_found")


async def test_beginning_of_an_id_is_resolved(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        status, view = await w.call("GET", f"/deployments/{deployment[:8]}")
        assert (status, view["id"]) == (200, deployment)
        for token in (w.token(tenant="other"), w.token("stranger")):
            assert (await w.call("GET", f"/deployments/{deployment[:8]}", token=token))[0] in (403, 404)


async def test_list_pages_newest_first(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        ids = [await w.start(application=f"app-{number}") for number in range(5)]
        await w.commits(place_of(ids[0]), a_deployment(a_target(), phase=Phase.FAILED, reason="broken"))
        pages, cursor = [], ""
        while True:
            _, page = await w.call("GET", f"/deployments?limit=2&cursor={cursor}")
            pages.append([one["id"] for one in page["deployments"]])
            if not (cursor := page["cursor"]):
                break
        assert [len(page) for page in pages] == [2, 2, 1]
        assert [one for page in pages for one in page] == ids[::-1]


async def test_list_is_filtered(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        ids = [await w.start(application=f"app-{number}") for number in range(3)]
        await w.commits(place_of(ids[1]), a_deployment(phase=Phase.FAILED, reason="broken"))
        await w.heard(ids[1], "failed")
        for query, expected in (
            ("phase=failed", [ids[1]]),
            ("application=app-2", [ids[2]]),
            ("phase=active", [ids[2], ids[0]]),
        ):
            _, page = await w.call("GET", f"/deployments?{query}")
            assert [one["id"] for one in page["deployments"]] == expected


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "cursor=%21", "colour=red", "phase=absent", "id=x"]
)
async def test_wrong_query_is_refused(memory: Open, query: str) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, _ = await w.call("GET", f"/deployments?{query}")
        assert status == 400


async def test_agent_is_made_once(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        status, made = await w.call("POST", "/agents", {"name": "edge"})
        assert (status, made["clientId"]) == (201, "agent.main.edge")
        assert made["clientSecret"]
        assert (await w.call("POST", "/agents", {"name": "edge"}))[0] == 409
        _, listed = await w.call("GET", "/agents")
        assert [(one["name"], one["connected"]) for one in listed["agents"]] == [("edge", False), ("prod", False)]


@pytest.mark.parametrize("body", [[], {"config": 1}, {"files": {}}, {"config": "a: 1", "files": {"x": "y"}}])
async def test_wrong_shape_is_refused(memory: Open, body: object) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, problem = await w.call("POST", "/deployments", body)
        assert (status, problem["code"]) == (422, "invalid_body")


@pytest.mark.parametrize(
    ("method", "path", "more", "meant"),
    [
        ("POST", "/deployments", {"targetz": ["prod"]}, "targets"),
        ("POST", "/validate", {"target": "prod"}, "targets"),
        ("POST", "/deployments/x/pause", {"tagret": "prod"}, "target"),
        ("POST", "/deployments/x/undo", {"acount": "prod"}, "account"),
        ("POST", "/agents", {"nam": "edge"}, "name"),
        ("PUT", "/config", {"dryrun": True}, "dryRun"),
    ],
)
async def test_unknown_member_is_refused(
    method: str, path: str, more: dict[str, object], meant: str, memory: Open
) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, problem = await w.call(method, path, more)
        told = f"'{next(iter(more))}' is not known here; did you mean {meant}?"
        assert (status, problem["code"], problem["detail"]) == (422, "invalid_body", told)


async def test_two_keys_are_refused(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, _ = await w.call("POST", "/deployments", a_request(), key="a b")
        assert status == 400


@pytest.mark.feature("F25")
async def test_description_covers_every_route(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, described = await w.call("GET", "/openapi.json", None, "")
        assert status == 200
        paths = {(method.upper(), path) for path, item in described["paths"].items() for method in item}
        assert paths == {(route.about.method, route.about.path) for route in ROUTES}
        start = described["paths"]["/api/v1/deployments"]["post"]
        assert start["requestBody"]["content"]["application/json"]["schema"] == {
            "$ref": "#/components/schemas/StartRequest"
        }
        behind = described["components"]["schemas"]["Accepted"]["properties"]["behind"]
        assert behind["description"] == "The deployment that it waits for."


async def test_description_says_which_bodies_may_hold_more(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        _, described = await w.call("GET", "/openapi.json", None, "")
        schemas = described["components"]["schemas"]
        taken = {route.about.takes.__name__ for route in ROUTES if route.about.takes}
        assert {name for name in taken if schemas[name].get("additionalProperties", True)} == {"Callback"}
