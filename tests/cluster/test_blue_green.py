"""Blue/green on real Services: whom each leads to is read from the endpoints that the cluster made of it."""

import pytest

from libs.api.view import DeploymentView
from tests.cluster.objects import NEW, OLD, PODS, deployment, service
from tests.cluster.stage import TARGET, Size, Stage
from tests.e2e.person import target

pytestmark = pytest.mark.timeout(180)

GATED = {
    "blueGreen": {
        "redirectTrafficAfter": [{"pause": {"untilApproved": True}}],
        "shutDownOldVersionAfter": [{"pause": {"duration": 1, "unit": "seconds"}}],
    }
}
TRAFFIC = [{"kubernetes": [{"activeService": "web", "previewService": "preview"}]}]


async def led_to(stage: Stage, name: str) -> list[str]:
    """The images of the ready pods behind a Service, one for each pod."""
    images = {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in await stage.every("pods")}
    found = []
    for piece in await stage.every("endpointslices", "/apis/discovery.k8s.io/v1"):
        if piece["metadata"]["labels"]["kubernetes.io/service-name"] == name:
            found += [one["targetRef"]["name"] for one in piece["endpoints"] or [] if one["conditions"]["ready"]]
    return sorted(images.get(pod, "gone") for pod in found)


def _asks(view: DeploymentView) -> bool:
    return any(one.target == TARGET for one in view.awaiting) and target(view, TARGET).rollout is not None


@pytest.mark.feature("F80", "F72")
async def test_traffic_moves_when_approved(stage: Stage) -> None:
    objects = [service(), service("preview")]
    await stage.deployed(*objects, deployment(OLD), strategy=GATED, trafficManagement=TRAFFIC)
    started = await stage.person.start(stage.file([*objects, deployment(NEW)], GATED, trafficManagement=TRAFFIC))
    await stage.person.sees(started, _asks)
    assert await stage.sizes() == [Size(OLD, PODS, PODS), Size(NEW, PODS, PODS)]

    async def preview_is_new() -> bool:
        return await led_to(stage, "preview") == [NEW] * PODS

    await stage.becomes(preview_is_new)
    assert await led_to(stage, "web") == [OLD] * PODS
    await stage.approve(started)
    code, story = await stage.person.story(started)
    assert code == 0, story

    async def both_are_new() -> bool:
        return await led_to(stage, "web") == await led_to(stage, "preview") == [NEW] * PODS

    await stage.becomes(both_are_new)
    assert await stage.sizes() == [Size(NEW, PODS, PODS)]


@pytest.mark.feature("F80")
async def test_traffic_goes_back_when_aborted(stage: Stage) -> None:
    objects = [service(), service("preview")]
    await stage.deployed(*objects, deployment(OLD), strategy=GATED, trafficManagement=TRAFFIC)
    before = {one["metadata"]["name"]: one["spec"]["selector"] for one in await stage.every("services")}
    held = {"blueGreen": {"shutDownOldVersionAfter": [{"pause": {"untilApproved": True}}]}}
    started = await stage.person.start(stage.file([*objects, deployment(NEW)], held, trafficManagement=TRAFFIC))

    async def leads_to_new() -> bool:
        return await led_to(stage, "web") == [NEW] * PODS

    await stage.becomes(leads_to_new)
    await stage.person.sees(started, _asks)
    aborted = await stage.person.fairlead("deploy", "abort", "-i", started)
    assert aborted.returncode == 0, aborted.stderr
    code, story = await stage.person.story(started)
    assert code == 1, story
    after = {one["metadata"]["name"]: one["spec"]["selector"] for one in await stage.every("services")}
    assert after == before

    async def leads_to_old() -> bool:
        return await led_to(stage, "web") == [OLD] * PODS

    await stage.becomes(leads_to_old)
    assert await stage.sizes() == [Size(OLD, PODS, PODS)]
