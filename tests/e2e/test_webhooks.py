"""Releases that webhooks decide: called before, during and after, directly and through the agent."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.installation import Installation, installed
from tests.e2e.person import PATIENCE, Person
from tests.e2e.releases import Releases
from tests.integration.webhooks.callee import Asked, Callee, callee
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(300)

_BODY = (
    '{"url": "{{armory.callbackUri}}/callback", "stage": "{{context.stage}}", "team": "{{context.team}}", '
    '"version": "{{armory.replicaSetName}}", "target": "{{armory.environmentName}}"}'
)
_HEADERS = [{"key": "Authorization", "value": "Bearer {{secrets.ci-token}}"}]


def a_file(url: str, version: str = "v1") -> str:
    def calls(stage: str, name: str = "tests") -> dict[str, Any]:
        return {"runWebhook": {"name": name, "context": {"stage": stage}}}

    direct = {"name": "tests", "method": "POST", "uriTemplate": f"{url}/direct", "networkMode": "direct"}
    relayed = {"name": "near", "method": "POST", "uriTemplate": f"{url}/near", "networkMode": "remoteNetworkAgent"}
    document = {
        "version": "v1",
        "kind": "kubernetes",
        "application": "shop",
        "context": {"team": "blue"},
        "targets": {
            "staging": {
                "account": "staging",
                "namespace": "shop",
                "strategy": "careful",
                "constraints": {
                    "beforeDeployment": [calls("before", "near")],
                    "afterDeployment": [calls("after")],
                },
            }
        },
        "manifests": [{"path": f"manifests/{part}"} for part in ("namespace.yml", "service.yml", version)],
        "strategies": {"careful": {"canary": {"steps": [{"setWeight": {"weight": 50}}, calls("strategy")]}}},
        "webhooks": [one | {"headers": _HEADERS, "bodyTemplate": {"inline": _BODY}} for one in (direct, relayed)],
    }
    return yaml.safe_dump(document, sort_keys=False)


async def asked(server: Callee, number: int) -> Asked:
    async def has_come() -> bool:
        return len(server.asked) >= number

    await eventually(has_come, PATIENCE)
    return server.asked[number - 1]


async def call_back(one: Asked, person: Person, success: bool = True) -> int:
    """The status; tries again while the door is closed."""
    url, status = json.loads(one.body)["url"], 0

    async def is_answered() -> bool:
        nonlocal status
        status = await person.post(url, {"success": success, "mdMessage": "suite done"})
        return status not in (0, 503)

    await eventually(is_answered, PATIENCE)
    return status


def keep_secret(installation: Installation) -> None:
    folder = installation.folder / "secrets" / "main"
    folder.mkdir(parents=True)
    (folder / "ci-token").write_text("hush-hush\n")


def kill_services(installation: Installation) -> None:
    """SIGKILL; `fairlead up` starts them again."""
    (pid,) = (pid for pid, command in installation.pids().items() if "-m services" in command)
    os.kill(pid, signal.SIGKILL)


def assert_secret_is_kept(folder: Path) -> None:
    for log in (folder / "logs").iterdir():
        assert "hush-hush" not in log.read_text(), log


@pytest.mark.feature("F99", "F102", "F109", "F110", "F111", "F112", "F114", "F115", "F118", "F119")
async def test_webhooks_decide_releases(tmp_path: Path) -> None:
    releases = Releases(tmp_path / "shop")
    async with callee(204) as server, installed(tmp_path / "state") as (installation, person):
        keep_secret(installation)
        await passed_everywhere(server, installation, person, releases.text("first.yml", a_file(server.url)))
        await failed_half_way(server, person, releases.text("second.yml", a_file(server.url, "v2")))
        assert_secret_is_kept(installation.folder)
        assert installation.stop() == 0


async def passed_everywhere(server: Callee, installation: Installation, person: Person, file: Path) -> None:
    deployment = await person.start(file)
    before = await asked(server, 1)
    # Whoever waits may die: the callback finds the one that comes after.
    kill_services(installation)
    assert await call_back(before, person) in (200, 202, 409)
    for number in (2, 3):
        assert await call_back(await asked(server, number), person) in (200, 202)
    code, story = await person.story(deployment)
    assert code == 0, story
    bodies = [json.loads(one.body) for one in server.asked]
    assert [one.path for one in server.asked] == ["/near", "/direct", "/direct"]
    assert [body["stage"] for body in bodies] == ["before", "strategy", "after"]
    assert {body["team"] for body in bodies} == {"blue"}
    assert [bool(body["version"]) for body in bodies] == [False, True, True]
    assert {one.headers["authorization"] for one in server.asked} == {"Bearer hush-hush"}
    assert await call_back(before, person) == 409


async def failed_half_way(server: Callee, person: Person, file: Path) -> None:
    deployment = await person.start(file)
    assert await call_back(await asked(server, 4), person) == 200
    assert await call_back(await asked(server, 5), person, success=False) == 200
    code, story = await person.story(deployment)
    assert code == 1
    assert "called back that it failed: suite done" in story
    assert "rolled back" in story
