"""A login lasts without its secret: renewed, ended by hand, by time, and with its client."""

from collections.abc import Mapping
from typing import Any

import pytest

from services.identity import sessions
from tests.integration.identity.test_token import ADMIN
from tests.integration.identity.world import World

DAY = 86400.0


async def logged_in(world: World, name: str = "admin") -> dict[str, str]:
    credential = world.credentials[name]
    _, granted, _ = await world.token_for(credential.client_id, credential.secret.reveal(), scope="offline_access")
    return {"client_id": credential.client_id, "refresh_token": granted.get("refresh_token", "")}


async def renewed(world: World, held: Mapping[str, str]) -> tuple[int, Any]:
    status, document, _ = await world.ask("POST", "/oauth/token", data={"grant_type": "refresh_token", **held})
    return status, document


async def test_login_is_renewed_without_secret(world: World) -> None:
    held = await logged_in(world)
    world.clock.pass_by(DAY)
    status, granted = await renewed(world, held)
    principal = await world.service.verifier.principal(granted["access_token"])
    assert (status, principal.subject, "refresh_token" in granted) == (200, ADMIN, False)


async def test_plain_token_cannot_be_renewed(world: World) -> None:
    _, granted, _ = await world.token_for(ADMIN, world.credentials["admin"].secret.reveal())
    assert "refresh_token" not in granted


async def test_agent_is_never_logged_in(world: World) -> None:
    assert (await logged_in(world, "prod"))["refresh_token"] == ""


async def test_login_ends_by_itself(world: World) -> None:
    held = await logged_in(world)
    world.clock.pass_by(7 * DAY)
    status, document = await renewed(world, held)
    assert (status, document["error"]) == (400, "invalid_grant")


async def test_logging_out_ends_it(world: World) -> None:
    held, other = await logged_in(world), await logged_in(world)
    said = {"client_id": held["client_id"], "token": held["refresh_token"]}
    for _ in range(2):
        assert (await world.ask("POST", "/oauth/revoke", data=said))[0] == 200
    assert [(await renewed(world, one))[0] for one in (held, other)] == [400, 200]


async def test_deleted_client_is_logged_out(world: World) -> None:
    headers, path = await world.bearer(), "/api/v1/clients"
    asked = {"name": "ci", "roles": ["deployer"]}
    _, made, _ = await world.ask("POST", path, json=asked, headers=headers)
    _, granted, _ = await world.token_for(made["client_id"], made["client_secret"], scope="offline_access")
    held = {"client_id": made["client_id"], "refresh_token": granted["refresh_token"]}
    await world.ask("DELETE", f"{path}/{made['client_id']}", headers=headers)
    assert (await renewed(world, held))[0] == 400
    world.clock.pass_by(1)
    await world.ask("POST", path, json=asked, headers=headers)
    assert (await renewed(world, held))[0] == 400


@pytest.mark.feature("F150")
async def test_renewed_token_has_todays_roles(world: World) -> None:
    headers, path = await world.bearer(), "/api/v1/clients"
    _, made, _ = await world.ask("POST", path, json={"name": "ci", "roles": ["deployer"]}, headers=headers)
    _, granted, _ = await world.token_for(made["client_id"], made["client_secret"], scope="offline_access")
    await world.ask("PUT", f"{path}/{made['client_id']}/roles", json={"roles": ["viewer"]}, headers=headers)
    _, again = await renewed(world, {"client_id": made["client_id"], "refresh_token": granted["refresh_token"]})
    assert (await world.service.verifier.principal(again["access_token"])).roles == {"viewer"}


async def test_oldest_login_makes_room(world: World) -> None:
    first = await logged_in(world)
    for _ in range(sessions.MOST):
        world.clock.pass_by(1)
        last = await logged_in(world)
    assert [(await renewed(world, one))[0] for one in (first, last)] == [400, 200]


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({"client_id": ADMIN, "refresh_token": "made up"}, "invalid_grant"),
        ({"client_id": "machine.main.nobody", "refresh_token": "x"}, "invalid_grant"),
        ({"client_id": "x" * 5000, "refresh_token": "x"}, "invalid_grant"),
        ({"client_id": ADMIN, "refresh_token": "x" * 5000}, "invalid_grant"),
        ({"client_id": ADMIN}, "invalid_request"),
        ({"refresh_token": "x"}, "invalid_request"),
    ],
)
async def test_wrong_renewal_is_refused(held: Mapping[str, str], expected: str, world: World) -> None:
    status, document = await renewed(world, held)
    assert (status, document["error"]) == (400, expected)


async def test_token_of_another_client_is_refused(world: World) -> None:
    held = await logged_in(world)
    assert (await renewed(world, {**held, "client_id": "machine.main.other"}))[0] == 400


@pytest.mark.parametrize(("form", "status"), [({}, 400), ({"client_id": "a" * 999, "token": "x"}, 200)])
async def test_nothing_to_revoke_is_told(form: Mapping[str, str], status: int, world: World) -> None:
    assert (await world.ask("POST", "/oauth/revoke", data=form))[0] == status
