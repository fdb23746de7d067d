import asyncio

import pytest

from tests.unit.sandbox.conftest import PATHS, Client
from tests.unit.sandbox.objects import a_config_map, a_replica_set


async def set_faults(client: Client, *requests: object) -> None:
    code, body = await client.ask("POST", "/sandbox/faults", {"requests": requests})
    assert code == 200, body


@pytest.mark.parametrize(
    ("code", "reason"),
    [(500, "InternalError"), (429, "TooManyRequests"), (409, "Conflict"), (503, "ServiceUnavailable")],
)
async def test_next_requests_are_refused(client: Client, code: int, reason: str) -> None:
    await set_faults(client, {"verb": "list", "resource": "configmaps", "code": code, "times": 2})
    answers = [await client.ask("GET", PATHS["ConfigMap"]) for _ in range(3)]
    assert [found for found, _ in answers] == [code, code, 200]
    assert answers[0][1]["reason"] == reason


async def test_other_requests_pass(client: Client) -> None:
    await set_faults(client, {"verb": "create", "resource": "pods", "code": 500})
    assert (await client.ask("GET", PATHS["ConfigMap"]))[0] == 200


async def test_lost_answer_hides_a_write_that_was_done(client: Client) -> None:
    await set_faults(client, {"verb": "create", "code": 504, "after": True})
    assert (await client.ask("POST", PATHS["ConfigMap"], a_config_map()))[0] == 504
    assert await client.get("ConfigMap", "settings")


async def test_delayed_request_waits(client: Client) -> None:
    await set_faults(client, {"verb": "list", "delay_seconds": 5})
    asked = asyncio.create_task(client.ask("GET", PATHS["ConfigMap"]))
    await client.later(4)
    assert not asked.done()
    await client.later(2)
    assert (await asked)[0] == 200


async def test_watch_is_expired_on_request(client: Client) -> None:
    await set_faults(client, {"verb": "watch", "code": 410})
    [frame] = await (await client.watch(PATHS["ConfigMap"])).rest()
    assert (frame["type"], frame["object"]["code"]) == ("ERROR", 410)


async def test_open_watches_are_dropped(client: Client) -> None:
    await client.create(a_config_map())
    watching = await client.watch(PATHS["ConfigMap"])
    await watching.read()
    rest = asyncio.create_task(watching.rest())
    await client.later(0)
    _, told = await client.ask("POST", "/sandbox/watches/drop?resource=configmaps")
    assert (told, await rest) == ({"dropped": 1}, [])


async def test_unknown_fault_is_refused(client: Client) -> None:
    code, status = await client.ask("POST", "/sandbox/faults", {"requests": [{"verv": "get"}]})
    assert (code, "verv" in status["message"]) == (400, True)


async def test_requests_are_counted(client: Client) -> None:
    await client.ask("GET", PATHS["ConfigMap"])
    await client.ask("GET", PATHS["ConfigMap"])
    _, report = await client.ask("GET", "/sandbox/requests")
    assert {"verb": "list", "resource": "configmaps", "user_agent": "tests/1", "count": 2} in report["counts"]


async def test_dry_runs_are_counted_apart(client: Client) -> None:
    await client.ask("POST", f"{PATHS['ConfigMap']}?dryRun=All", a_config_map())
    await client.ask("POST", PATHS["ConfigMap"], a_config_map())
    _, report = await client.ask("GET", "/sandbox/requests")
    assert [(one["verb"], one.get("dry_run", False)) for one in report["counts"]] == [
        ("create", False),
        ("create", True),
    ]


async def test_sizes_are_noted_before_and_after(client: Client) -> None:
    await client.create(a_replica_set(replicas=1))
    await client.patch("merge", "ReplicaSet", "web-1", {"spec": {"replicas": 3}})
    _, report = await client.ask("GET", "/sandbox/requests")
    noted = [(item["method"], item["replicas_before"], item["replicas_after"]) for item in report["mutations"]]
    assert noted == [("POST", None, 1), ("PATCH", 1, 3)]


async def test_own_controllers_are_not_counted(client: Client) -> None:
    await client.create(a_replica_set(replicas=3))
    await client.later(1)
    _, report = await client.ask("GET", "/sandbox/requests")
    assert report["total"] == 1
