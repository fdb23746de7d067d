"""Deploying again what was deployed before, and asking what a server thinks of a file."""

from typing import Any

import msgspec
import pytest

from libs.api.request import StartRequest
from libs.deployment.state import Phase, Target, TargetPhase
from services.intake.showing.records import Records
from tests.builders import a_deployment, a_target
from tests.integration.conftest import Open
from tests.integration.intake.test_original import call, started
from tests.integration.intake.world import FILE, World, a_request, place_of, world

TWO = FILE.replace("  prod:\n", "  staging: {account: staging, strategy: careful}\n  prod:\n")
LINK = "application/vnd.start.kubernetes.pipeline.v2.link+json"


async def ended(w: World, phase: Phase, **changes: Any) -> str:
    deployment = await w.start(**changes)
    await w.commits(place_of(deployment), a_deployment(phase=phase))
    await w.heard(deployment, str(phase))
    return deployment


@pytest.mark.feature("F157")
async def test_redeploy_keeps_what_was_sent(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        context, source = {"release": "7", "region": "eu"}, {"sha": "abc"}
        first = await ended(w, Phase.SUCCEEDED, context=context, sourceControl=source, targets=["prod"])
        status, again = await w.call("POST", f"/deployments/{first}/redeploy", {"context": {"release": "8"}})
        assert (status, again["id"] != first) == (202, True)
        _, view = await w.call("GET", f"/deployments/{again['id']}")
        assert view["context"] == {"release": "8", "region": "eu"}
        assert (view["sourceControl"], view["redeploys"]) == (source, first)


async def test_repeated_redeploy_is_one(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        first = await ended(w, Phase.SUCCEEDED)
        ids = {(await w.call("POST", f"/deployments/{first}/redeploy", {}, key="k"))[1]["id"] for _ in range(2)}
        assert len(ids) == 1


async def test_redeploy_of_unknown_target_is_refused(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        first = await ended(w, Phase.SUCCEEDED)
        status, problem = await w.call("POST", f"/deployments/{first}/redeploy", {"targets": ["prd"]})
        assert (status, problem["code"]) == (422, "invalid_deployment_file")


async def test_undo_goes_to_previous_success(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        good = await ended(w, Phase.SUCCEEDED, context={"release": "1"})
        await ended(w, Phase.FAILED, context={"release": "2"})
        newest = await ended(w, Phase.SUCCEEDED, context={"release": "3"})
        status, undone = await w.call("POST", f"/deployments/{newest}/undo")
        assert status == 202
        _, view = await w.call("GET", f"/deployments/{undone['id']}")
        assert (view["redeploys"], view["context"]) == (good, {"release": "1"})


@pytest.mark.feature("F157")
async def test_undo_goes_only_where_it_was(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await w.register("staging")
        good = await w.start(config=TWO)
        await w.commits(place_of(good), a_deployment(*gone_to("staging", "prod"), phase=Phase.SUCCEEDED))
        await w.heard(good, "succeeded")
        newest = await w.start(config=TWO, targets=["staging"])
        await w.commits(place_of(newest), a_deployment(*gone_to("staging"), phase=Phase.SUCCEEDED))
        await w.heard(newest, "succeeded")
        status, problem = await w.call("POST", f"/deployments/{newest}/undo", {"targets": ["prod"]})
        assert (status, problem["code"]) == (409, "nothing_to_undo")
        status, undone = await w.call("POST", f"/deployments/{newest}/undo")
        assert status == 202, undone
        submission = await Records(p.store).submission(place_of(undone["id"]))
        assert submission is not None
        request = msgspec.json.decode(await p.store.read(submission.submission), type=StartRequest)
        assert (submission.redeploys, request.targets) == (good, ("staging",))


def gone_to(*names: str) -> tuple[Target, ...]:
    return tuple(a_target(name, TargetPhase.SUCCEEDED) for name in names)


@pytest.mark.feature("F157")
async def test_undo_is_deployed_again_as_any_other(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await ended(w, Phase.SUCCEEDED, context={"release": "1"})
        newest = await ended(w, Phase.SUCCEEDED, context={"release": "2"})
        _, undone = await w.call("POST", f"/deployments/{newest}/undo")
        await w.commits(place_of(undone["id"]), a_deployment(phase=Phase.SUCCEEDED))
        await w.heard(undone["id"], "succeeded")
        status, again = await w.call("POST", f"/deployments/{undone['id']}/redeploy", {})
        assert status == 202, again
        _, view = await w.call("GET", f"/deployments/{again['id']}")
        assert (view["redeploys"], view["context"]) == (undone["id"], {"release": "1"})


@pytest.mark.feature("F156", "F157")
async def test_account_of_the_first_time_stays_until_another_is_given(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        for name in ("lent", "other"):
            await w.register(name)
        deployment = await ended(w, Phase.SUCCEEDED, account="lent")
        for change, account in (({}, "lent"), ({"account": "other"}, "other"), ({}, "other")):
            status, again = await w.call("POST", f"/deployments/{deployment}/redeploy", change)
            assert (status, await _account(w, again["id"])) == (202, account)
            deployment = again["id"]
            await w.commits(place_of(deployment), a_deployment(phase=Phase.SUCCEEDED))
            await w.heard(deployment, "succeeded")


async def _account(w: World, deployment: str) -> str:
    submission = await Records(w.store).submission(place_of(deployment))
    assert submission is not None
    return msgspec.json.decode(await w.store.read(submission.submission), type=StartRequest).account


async def test_first_success_cannot_be_undone(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await ended(w, Phase.SUCCEEDED, application="other")
        only = await ended(w, Phase.SUCCEEDED)
        status, problem = await w.call("POST", f"/deployments/{only}/undo")
        assert (status, problem["code"]) == (409, "nothing_to_undo")


@pytest.mark.feature("F157")
async def test_original_redeploys_by_location(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        first = await started(w)
        await w.commits(place_of(first), a_deployment(phase=Phase.SUCCEEDED))
        headers = {
            "Authorization": f"Bearer {w.token()}",
            "Content-Type": LINK,
            "X-Armory-Config-Location": f"armory::{w.url}/pipelines/{first}/config",
        }
        url = f"{w.url}/pipelines/kubernetes"
        async with w.session.post(url, json={"account": "", "targetFilters": None}, headers=headers) as response:
            again = (await response.json())["pipelineId"]
            assert response.status == 202
        _, shown = await call(w, "GET", f"/pipelines/{again}")
        assert (shown["application"], shown["context"]) == ("shop", {"release": "7"})


async def test_file_from_anywhere_is_refused(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, problem = await call(w, "POST", "/pipelines/kubernetes", {}, LINK)
        assert (status, problem["code"]) == (422, "not_built")


async def test_validate_tells_without_starting(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        _, good = await w.call("POST", "/validate", a_request())
        assert good == {"valid": True, "application": "shop"}
        _, wrong = await w.call("POST", "/validate", a_request(config=FILE.replace("account: prod", "account: prd")))
        assert (wrong["valid"], wrong["problems"][0]["code"]) == (False, "unknown_agent")
        _, listed = await w.call("GET", "/deployments")
        assert listed["deployments"] == []


async def test_large_context_is_refused(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, problem = await w.call("POST", "/deployments", a_request(context={"a": "x" * 40_000}))
        assert (status, problem["code"]) == (422, "too_large")
        assert "32768 are allowed" in problem["detail"]


async def test_schema_is_for_anybody(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, schema = await w.call("GET", "/schema/deployment.json", token="")
        assert (status, "targets" in schema["properties"]) == (200, True)


async def test_list_asks_by_whom_and_since(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        first = await ended(w, Phase.SUCCEEDED)
        _, view = await w.call("GET", f"/deployments/{first}")
        since = view["startedAt"]
        for query, found in ((f"by=ann&since={since}", 1), ("by=bob", 0), ("since=2999-01-01T00:00:00Z", 0)):
            _, listed = await w.call("GET", f"/deployments?{query}")
            assert len(listed["deployments"]) == found


@pytest.mark.parametrize("since", ["yesterday", "2026-01-01T00:00:00", "2026-13-01"])
async def test_wrong_time_is_refused(memory: Open, since: str) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, problem = await w.call("GET", f"/deployments?since={since}")
        assert (status, "2026-05-01T12:00:00Z" in problem["detail"]) == (400, True)
