"""The original's addresses, asked the way its command line asks them."""

from typing import Any

import msgspec
import pytest

from libs.api.request import StartRequest
from libs.deployment.state import Phase, TargetPhase
from services.intake.http import ORIGINAL
from services.intake.showing.records import Records
from tests.builders import a_deployment, a_target, an_approval
from tests.integration.conftest import Open
from tests.integration.intake.world import MANIFEST, World, place_of, world

START = "application/vnd.start.kubernetes.pipeline.v2+json"
BODY = {
    "version": "v1",
    "kind": "kubernetes",
    "application": "shop",
    "targets": {"prod": {"account": "prod", "strategy": "all"}, "eu": {"account": "prod", "strategy": "all"}},
    "manifests": [{"path": "shop.yml"}],
    "strategies": {"all": {"canary": {"steps": [{"setWeight": {"weight": 100}}]}}},
    "files": {"shop.yml": [MANIFEST], "": None},
    "context": {"release": "7"},
    "targetFilters": [{"includeTarget": "prod"}],
    "sourceControl": {},
}


async def call(w: World, method: str, path: str, body: Any = None, kind: str = START, token: str | None = None) -> Any:
    given = w.token() if token is None else token
    headers = {"Content-Type": kind, **({"Authorization": f"Bearer {given}"} if given else {})}
    async with w.session.request(method, w.url + path, data=msgspec.json.encode(body), headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def started(w: World) -> str:
    status, document = await call(w, "POST", "/pipelines/kubernetes", BODY)
    assert status == 202, document
    return str(document["pipelineId"])


async def test_its_request_is_taken(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        _, view = await w.call("GET", f"/deployments/{await started(w)}")
        assert (view["application"], view["phase"]) == ("shop", "accepted")


@pytest.mark.feature("F68")
async def test_conflict_and_errors_look_like_its(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        first = await started(w)
        status, document = await call(w, "POST", "/pipelines/kubernetes", BODY)
        said = (
            'cannot start pipeline for application "shop", there is another in-progress pipeline: '
            f"/api/v1/deployments/{first}"
        )
        assert (status, document["errors"]) == (409, [{"message": said, "code": "deployment_in_progress"}])
        status, document = await call(w, "POST", "/pipelines/kubernetes", {**BODY, "strategies": {}})
        assert status == 422
        assert any("strategy" in one["message"] for one in document["errors"])


@pytest.mark.feature("F32", "F135")
async def test_older_name_of_context_is_taken(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        body = {**BODY, "context": {"release": "7", "team": "a"}, "contextOverrides": {"release": "8"}}
        _, document = await call(w, "POST", "/pipelines/kubernetes", body)
        _, shown = await call(w, "GET", f"/pipelines/{document['pipelineId']}")
        assert shown["context"] == {"release": "8", "team": "a"}


@pytest.mark.feature("F156")
async def test_account_of_the_request_is_that_of_every_target(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await w.register("lent")
        nowhere = {name: {"strategy": "all"} for name in BODY["targets"]}
        status, document = await call(
            w, "POST", "/pipelines/kubernetes", {**BODY, "targets": nowhere, "account": "lent"}
        )
        assert (status, await _kept(w, document["pipelineId"])) == (202, ("lent", ("prod",)))


async def _kept(w: World, deployment: str) -> tuple[str, tuple[str, ...]]:
    submission = await Records(w.store).submission(place_of(deployment))
    assert submission is not None
    request = msgspec.json.decode(await w.store.read(submission.submission), type=StartRequest)
    return request.account, request.targets


@pytest.mark.feature("F35")
async def test_its_second_request_waits_where_the_file_says_so(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        waits = {**BODY, "deploymentConfig": {"ifDeploymentInProgress": {"strategy": "enqueueOne"}}}
        first, second = [(await call(w, "POST", "/pipelines", waits))[1]["pipelineId"] for _ in range(2)]
        question = {"query": "query …", "variables": {"pipelineID": second}}
        _, answer = await call(w, "POST", "/v1/graphql", question, "application/json")
        shown = answer["data"]["pipelineById"]
        assert (shown["status"], shown["blockedByPipeline"]) == ("QUEUED", {"id": first})


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"account": "eu"}, 422, "42"),
        ({"targets": {"prod": {"account": "prdo", "strategy": "all"}}}, 422, "42"),
        ({"targetFilters": [{"includeTarget": "prdo"}]}, 422, "unknown_name"),
        ({"targetFilters": [{}]}, 422, "invalid_body"),
        ({"kind": "lambda"}, 422, "not_built"),
        ({"files": {}}, 422, "missing_file"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_what_cannot_start_is_refused_its_way(memory: Open, change: Any, status: int, code: str) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        answered, document = await call(w, "POST", "/pipelines/kubernetes", {**BODY, **change})
        assert (answered, document["errors"][0]["code"]) == (status, code)


@pytest.mark.parametrize(
    "change", [{"targetFilters": []}, {"targetFilters": None}, {"kind": None}, {"version": "apps/v1"}]
)
async def test_what_its_clients_leave_open_starts(memory: Open, change: Any) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, document = await call(w, "POST", "/pipelines/kubernetes", {**BODY, **change})
        assert status == 202, document


@pytest.mark.parametrize(
    ("phase", "target", "status"),
    [
        (Phase.RUNNING, a_target(phase=TargetPhase.DEPLOYING), "RUNNING"),
        (Phase.RUNNING, a_target(phase=TargetPhase.BEFORE, before=(an_approval(),)), "AWAITING_APPROVAL"),
        (Phase.SUCCEEDED, a_target(phase=TargetPhase.SUCCEEDED), "SUCCEEDED"),
        (Phase.FAILED, a_target(phase=TargetPhase.ROLLED_BACK), "FAILED"),
        (Phase.CANCELLED, a_target(phase=TargetPhase.CANCELLED), "CANCELLED"),
    ],
)
async def test_status_words_are_its(memory: Open, phase: Phase, target: Any, status: str) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await started(w)
        await w.commits(place_of(deployment), a_deployment(target, phase=phase))
        _, shown = await call(w, "GET", f"/pipelines/{deployment}")
        assert (shown["status"], shown["steps"][0]["ref"]) == (status, "prod")
        question = {"query": "query …", "variables": {"pipelineID": deployment}}
        _, answer = await call(w, "POST", "/v1/graphql", question, "application/json")
        assert answer["data"]["pipelineById"]["status"] == status


async def test_unknown_pipeline_is_null(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        _, answer = await call(w, "POST", "/v1/graphql", {"variables": {"pipelineID": "x"}})
        assert answer == {"data": {"pipelineById": None}}


@pytest.mark.parametrize("body", [[], "x", {"files": 1}, None])
async def test_nonsense_is_refused(memory: Open, body: Any) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, _ = await call(w, "POST", "/pipelines/kubernetes", body)
        assert status == 422


@pytest.mark.parametrize("route", ORIGINAL, ids=[path for _, path, _, _ in ORIGINAL])
async def test_no_token_is_refused(memory: Open, route: Any) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, _ = await call(w, route[0], route[1].format(deployment="x"), {}, token="")
        assert status == 401
