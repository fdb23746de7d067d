"""Clients are made, listed and removed by those who may, and their secrets are shown once."""

from random import Random

import msgspec
import pytest

from libs.auth import clients
from libs.auth.clients import NewClient
from libs.config.model import Config, Role
from libs.config.store import Revised, write
from services.identity.handlers import bootstrap
from tests.integration.identity.world import World

PATH = "/api/v1/clients"


@pytest.mark.feature("F149")
async def test_made_client_gets_tokens(world: World) -> None:
    asked = {"name": "ci", "roles": ["deployer"]}
    status, made, _ = await world.ask("POST", PATH, json=asked, headers=await world.bearer())
    granted, _, _ = await world.token_for(made["client_id"], made["client_secret"])
    assert (status, made["client_id"], granted) == (201, "machine.main.ci", 200)


async def test_made_agent_is_registered(world: World) -> None:
    await world.ask("POST", PATH, json={"name": "eu.prod", "kind": "agent"}, headers=await world.bearer())
    assert await clients.agents(world.store, "main") == ["eu.prod", "prod"]


async def test_name_is_given_once(world: World) -> None:
    asked = {"name": "prod", "kind": "agent"}
    status, document, _ = await world.ask("POST", PATH, json=asked, headers=await world.bearer())
    assert (status, document["code"]) == (409, "conflict")


@pytest.mark.feature("F150")
async def test_deleted_client_gets_no_token(world: World) -> None:
    secret, headers = world.credentials["prod"].secret.reveal(), await world.bearer()
    assert (await world.token_for("agent.main.prod", secret))[0] == 200
    async with world.session.delete(f"{PATH}/agent.main.prod", headers=headers) as response:
        assert response.status == 204
    assert (await world.token_for("agent.main.prod", secret))[0] == 401


async def test_client_made_again_has_another_secret(world: World) -> None:
    secret, headers = world.credentials["prod"].secret.reveal(), await world.bearer()
    await world.token_for("agent.main.prod", secret)
    await world.session.delete(f"{PATH}/agent.main.prod", headers=headers)
    await world.ask("POST", PATH, json={"name": "prod", "kind": "agent"}, headers=headers)
    assert (await world.token_for("agent.main.prod", secret))[0] == 401


async def test_list_shows_no_hash(world: World) -> None:
    _, document, _ = await world.ask("GET", PATH, headers=await world.bearer())
    assert [client["id"] for client in document["clients"]] == ["agent.main.prod", "machine.main.admin"]
    assert set(document["clients"][0]) == {"id", "name", "tenant", "kind", "roles", "created_at", "created_by"}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_clients_need_a_token(method: str, world: World) -> None:
    path = f"{PATH}/agent.main.prod" if method == "DELETE" else PATH
    status, document, headers = await world.ask(method, path)
    assert (status, document["code"], headers["WWW-Authenticate"][:6]) == (401, "not_authenticated", "Bearer")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_clients_are_for_administrators(method: str, world: World) -> None:
    path = f"{PATH}/agent.main.prod" if method == "DELETE" else PATH
    status, document, _ = await world.ask(method, path, headers=await world.bearer("prod"))
    assert (status, document["code"]) == (403, "not_allowed")


async def test_other_tenants_client_does_not_exist(world: World) -> None:
    made = await clients.create(world.store, NewClient("other", "ci", ("admin",)), world.clock, Random(1))
    headers = await world.bearer()
    theirs, _, _ = await world.ask("DELETE", f"{PATH}/{made.client_id}", headers=headers)
    nobodys, _, _ = await world.ask("DELETE", f"{PATH}/machine.other.none", headers=headers)
    assert (theirs, nobodys) == (404, 404)
    assert await clients.find(world.store, made.client_id) is not None


async def configured(world: World, role: str) -> None:
    wanted = Revised(Config(roles=(Role(role),)), 0)
    await write(world.store, "main", wanted, world.clock.now(), "ann")


async def test_unknown_role_is_refused_with_the_known(world: World) -> None:
    await configured(world, "sre")
    asked = {"name": "ci", "roles": ["sree"]}
    _, problem, _ = await world.ask("POST", PATH, json=asked, headers=await world.bearer())
    told = 'no role "sree" is configured; did you mean sre? known: admin, agent, deployer, viewer, sre'
    assert (problem["code"], problem["detail"]) == ("invalid_client", told)


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "", "roles": ["deployer"]},
        {"name": "a b", "roles": ["deployer"]},
        {"name": "-a", "roles": ["deployer"]},
        {"name": "x" * 129, "roles": ["deployer"]},
        {"name": "a"},
        {"name": "a", "roles": [""]},
        {"name": "a", "roles": ["viewer"] * 65},
        {"name": "a", "roles": ["viewer", "nosuch"]},
        {"name": "a", "roles": ["viewer"], "kind": "root"},
        {"name": "a", "roles": ["viewer"], "tenant": "other"},
        {"roles": ["viewer"]},
    ],
)
async def test_wrong_client_is_refused(asked: dict[str, object], world: World) -> None:
    status, _, _ = await world.ask("POST", PATH, json=asked, headers=await world.bearer())
    assert status == 422


async def test_second_bootstrap_shows_only_what_is_new(world: World) -> None:
    made = await bootstrap(world.store, world.clock, Random(1), ("prod", "staging"))
    assert list(made) == ["staging"]


@pytest.mark.feature("F149")
async def test_store_holds_no_secret(world: World) -> None:
    kept = b"".join(entry.value for entry in await world.store.entries("config"))
    secrets = [credential.secret.reveal().encode() for credential in world.credentials.values()]
    assert not [secret for secret in secrets if secret in kept]
    assert b"BEGIN" not in kept
    assert world.service.identity.keys.signing().to_bytes() not in msgspec.json.encode(kept)


@pytest.mark.feature("F150")
async def test_roles_are_exchanged(world: World) -> None:
    await configured(world, "sre")
    headers = await world.bearer()
    await world.ask("POST", PATH, json={"name": "ci", "roles": ["deployer"]}, headers=headers)
    path = f"{PATH}/machine.main.ci/roles"
    status, shown, _ = await world.ask("PUT", path, json={"roles": ["sre", "viewer", "sre"]}, headers=headers)
    assert (status, shown["roles"]) == (200, ["sre", "viewer"])
    client = await clients.find(world.store, "machine.main.ci")
    assert client is not None
    assert client.roles == ("sre", "viewer")


@pytest.mark.feature("F150")
@pytest.mark.parametrize(
    ("client", "roles", "status"),
    [
        ("machine.main.ci", ["viewer"], 404),
        ("machine.main.admin", [], 422),
        ("machine.main.admin", ["nosuch"], 422),
        ("agent.main.prod", ["admin"], 422),
    ],
)
async def test_wrong_exchange_changes_nothing(client: str, roles: list[str], status: int, world: World) -> None:
    before = await clients.find(world.store, client)
    path = f"{PATH}/{client}/roles"
    assert (await world.ask("PUT", path, json={"roles": roles}, headers=await world.bearer()))[0] == status
    assert await clients.find(world.store, client) == before
