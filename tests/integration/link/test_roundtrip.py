"""Asking through the whole way."""

from pathlib import Path

import msgspec

from libs.kube.link import Linked
from libs.messages.agent import Ask
from tests.integration.link.plane import AGENT, TENANT, Plane, linked


async def test_ping_comes_back(the_plane: Plane, kubeconfig: Path) -> None:
    async with linked(the_plane, kubeconfig) as link:
        answer = await link.ask(TENANT, AGENT, Ask("ping", 5000))
    assert answer.status == 200


async def test_request_reaches_cluster(the_plane: Plane, kubeconfig: Path) -> None:
    async with linked(the_plane, kubeconfig) as link:
        response = await Linked(link, TENANT, AGENT).request("GET", "/api/v1/namespaces")
    names = [item["metadata"]["name"] for item in msgspec.json.decode(response.body)["items"]]
    assert (response.status, "default" in names) == (200, True)
