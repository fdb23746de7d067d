"""The configuration over HTTP: shown, applied, guarded by its revision; and what its roles then allow."""

import asyncio
import json
from typing import Any

import pytest

from libs.auth import clients
from libs.auth.clients import NewClient
from libs.auth.principal import Kind
from libs.messages.rollout import StepEnded
from tests.integration.conftest import Open
from tests.integration.intake.test_decisions import decide, walking
from tests.integration.intake.world import World, world
from tests.waiting import eventually

ROLES = """\
roles:
  - name: Release Captain
    grants: [{type: api, resource: deployment, permission: full}]
  - name: Owner
    tenant: main
    grants: [{type: api, resource: tenant, permission: full}]
"""
CAPTAIN_ONLY = "roles: [{name: Release Captain, grants: [{type: api, resource: deployment, permission: full}]}]\n"


async def applied(w: World, text: str, expected: str = "", **more: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {w.token()}"} | ({"If-Match": expected} if expected else {})
    url = f"{w.url}/api/v1/config"
    async with w.session.put(url, json={"config": text, **more}, headers=headers) as response:
        return response.status, await response.json(content_type=None)


def told(document: Any) -> list[str]:
    return [f"{one['done']} {one['what']} {one['name']}" for one in document["changes"]]


@pytest.mark.feature("F139", "F166")
async def test_applied_configuration_is_shown(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        status, done = await applied(w, ROLES)
        assert (status, told(done)) == (200, ["created role Release Captain", "created role Owner"])
        _, view = await w.call("GET", "/config")
        assert view["revision"] == done["revision"]
        assert view["config"]["tenants"] == ["main"]
        assert [role["name"] for role in view["config"]["roles"]] == ["Release Captain", "Owner"]


@pytest.mark.feature("F166")
async def test_shown_configuration_applies_unchanged(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        await applied(w, ROLES + "notifications: [{name: n, kind: slack, urlSecret: s}]\n")
        _, view = await w.call("GET", "/config")
        status, again = await applied(w, json.dumps(view["config"]))
        assert (status, again["revision"]) == (200, view["revision"])
        assert {one["done"] for one in again["changes"]} == {"unchanged"}


@pytest.mark.feature("F141")
async def test_left_out_role_is_kept_with_notice(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        await applied(w, ROLES)
        _, done = await applied(w, CAPTAIN_ONLY)
        assert told(done) == ["unchanged role Release Captain", "kept role Owner"]
        assert "leaves out role Owner" in done["notice"]
        assert "allowAutoDelete: true" in done["notice"]


@pytest.mark.feature("F141")
async def test_deleted_role_leaves_its_credentials(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        await applied(w, ROLES)
        new = NewClient("main", "ci", ("deployer", "OWNER"), Kind.MACHINE)
        made = await clients.create(p.store, new, w.process.clock, w.process.random)
        _, done = await applied(w, "allowAutoDelete: true\n" + CAPTAIN_ONLY)
        assert told(done) == ["unchanged role Release Captain", "deleted role Owner"]
        client = await clients.find(p.store, made.client_id)
        assert client is not None
        assert client.roles == ("deployer",)


async def test_trial_changes_nothing(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        _, before = await applied(w, ROLES)
        _, done = await applied(w, "allowAutoDelete: true", dryRun=True)
        assert told(done) == ["deleted role Release Captain", "deleted role Owner"]
        _, view = await w.call("GET", "/config")
        assert (view["revision"], len(view["config"]["roles"])) == (before["revision"], 2)


async def test_older_revision_is_refused(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        _, first = await applied(w, ROLES, '"0"')
        await applied(w, CAPTAIN_ONLY + "notifications: [{name: n, kind: slack, urlSecret: s}]\n")
        status, problem = await applied(w, CAPTAIN_ONLY, f'"{first["revision"]}"')
        assert (status, problem["code"]) == (412, "config_changed")
        status, problem = await applied(w, CAPTAIN_ONLY, "newest")
        assert status == 400


async def test_changes_at_once_lose_nothing(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        files = [f"roles: [{{name: role-{number}}}]" for number in range(3)]
        answers = await asyncio.gather(*(applied(w, text) for text in files))
        assert {status for status, _ in answers} == {200}
        _, view = await w.call("GET", "/config")
        assert {role["name"] for role in view["config"]["roles"]} == {"role-0", "role-1", "role-2"}


async def test_wrong_file_names_line_and_column(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, problem = await applied(w, "roles:\n  - nam: SRE\n")
        assert (status, problem["code"]) == (422, "invalid_config_file")
        first = problem["problems"][0]
        assert (first["line"], first["column"], first["path"]) == (2, 5, "roles[0].nam")


@pytest.mark.feature("F143")
async def test_custom_role_gives_its_rights(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        captain, owner = w.token("release captain"), w.token("OWNER")
        assert (await w.call("GET", "/deployments", token=captain))[0] == 403
        await applied(w, ROLES)

        async def counts() -> bool:
            return (await w.call("GET", "/deployments", token=captain))[0] == 200

        await eventually(counts)
        assert (await w.call("PUT", "/config", {"config": ROLES}, captain))[0] == 403
        assert (await w.call("PUT", "/config", {"config": ROLES}, owner))[0] == 200


@pytest.mark.feature("F91")
async def test_asked_role_reads_and_approves(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        asked, other = w.token("Release-Team", name="eve"), w.token("stranger", name="bob")
        deployment = await walking(w, "release-team")
        assert (await w.call("GET", f"/deployments/{deployment}", token=other))[0] == 403
        assert (await w.call("POST", f"/deployments/{deployment}/approve", {}, other))[0] == 403
        assert (await w.call("GET", f"/deployments/{deployment}", token=asked))[0] == 200
        assert (await w.call("POST", f"/deployments/{deployment}/abort", {}, asked))[0] == 403
        assert (await w.call("GET", "/deployments", token=asked))[0] == 403
        w.token = lambda *_, **__: asked  # type: ignore[method-assign]
        status, document, order = await decide(w, deployment, "approve", StepEnded(target="prod", step=1))
        assert (status, document["state"], order.by) == (200, "done", "eve")


@pytest.mark.feature("F91")
async def test_custom_administrator_approves_anything(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        await applied(w, ROLES)
        deployment = await walking(w, "release-team")
        captain = w.token("Release Captain")
        status, problem = await w.call("POST", f"/deployments/{deployment}/approve", {}, captain)
        assert (status, problem["code"]) == (403, "role_required")
        w.token = lambda *_, **__: owner  # type: ignore[method-assign]
        owner = World.token(w, "Owner")
        status, _, _ = await decide(w, deployment, "approve", StepEnded(target="prod", step=1))
        assert status == 200
