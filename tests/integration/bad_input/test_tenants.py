"""BI-106: two tenants may use the same words for everything, and none of it meets."""

from libs.auth import clients
from libs.auth.clients import NewClient
from libs.auth.principal import Kind
from tests.integration.bad_input.background import Background
from tests.integration.bad_input.row import FILE
from tests.integration.bad_input.standing import Standing
from tests.integration.intake.world import World

OWNERS = (("a", "b-c"), ("a-b", "c"), ("a", "b.c"), ("a-b", "b-c"), ("main", "b-c"))
"""Tenant and application: run together, the first two are one."""


async def started(w: World, tenant: str, application: str) -> str:
    body = {"config": FILE.replace("application: shop", f"application: {application}")}
    status, document = await w.call("POST", "/deployments", body, w.token(tenant=tenant), key="the-same")
    assert status == 202, document
    return str(document["id"])


def test_equal_names_of_tenants_do_not_meet(background: Background, standing: Standing) -> None:
    with standing.world() as w:
        background.do(everyone(w))


async def everyone(w: World) -> None:
    for tenant in {tenant for tenant, _ in OWNERS} - {"main"}:
        new = NewClient(tenant, "prod", ("agent",), Kind.AGENT)
        await clients.create(w.store, new, w.process.clock, w.process.random)
    made = {owner: await started(w, *owner) for owner in OWNERS}
    assert len(set(made.values())) == len(OWNERS)
    for number, (tenant, application) in enumerate(OWNERS):
        _, page = await w.call("GET", "/deployments", token=w.token(tenant=tenant))
        seen = {one["id"] for one in page["deployments"]}
        assert seen == {made[owner] for owner in OWNERS if owner[0] == tenant}, (number, application)
