"""Who may do what: every action for every role, and approvals by role name."""

import pytest

from libs.auth.permissions import (
    ADMIN,
    AGENT,
    DEPLOYER,
    GRANTED,
    ROLES,
    VIEWER,
    Action,
    allowed,
    may_approve,
)
from libs.auth.principal import Kind, Principal
from tests.unit.auth.virtual import START

MAY = {
    VIEWER: {Action.TENANT_MEMBER, Action.DEPLOYMENT_READ, Action.AGENT_READ, Action.CONFIG_READ},
    DEPLOYER: {
        Action.TENANT_MEMBER,
        Action.DEPLOYMENT_READ, Action.AGENT_READ, Action.CONFIG_READ,
        Action.DEPLOYMENT_START, Action.DEPLOYMENT_STEER, Action.DEPLOYMENT_APPROVE, Action.WEBHOOK_ANSWER,
    },
    ADMIN: set(Action) - {Action.AGENT_CONNECT},
    "Organization Admin": set(Action) - {Action.AGENT_CONNECT},
    "unheard-of": {Action.TENANT_MEMBER},
}  # fmt: skip
GRANTS = {"release captain": GRANTED["deployment"], "owner": GRANTED["tenant"]}


def somebody(*roles: str, kind: Kind = Kind.USER) -> Principal:
    agent = "prod" if kind is Kind.AGENT else ""
    return Principal("main", "ann", frozenset(roles), kind, START, agent)


def test_every_action_is_decided() -> None:
    assert set(ROLES) == set(Action)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", MAY)
def test_role_may_what_the_table_says(role: str, action: Action) -> None:
    assert allowed(somebody(role), action, "main").is_allowed is (action in MAY[role])


@pytest.mark.parametrize("action", Action)
def test_agent_only_connects(action: Action) -> None:
    agent = somebody(AGENT, ADMIN, DEPLOYER, kind=Kind.AGENT)
    assert allowed(agent, action, "main").is_allowed is (action is Action.AGENT_CONNECT)


def test_agents_role_makes_nobody_an_agent() -> None:
    assert not allowed(somebody(AGENT, kind=Kind.MACHINE), Action.AGENT_CONNECT, "main").is_allowed


@pytest.mark.parametrize("action", Action)
def test_other_tenants_things_are_hidden(action: Action) -> None:
    decision = allowed(somebody(ADMIN), action, "other")
    assert (decision.is_allowed, decision.is_hidden) == (False, True)


@pytest.mark.feature("F143")
def test_custom_role_stands_for_its_grants() -> None:
    assert allowed(somebody("Release Captain"), Action.DEPLOYMENT_START, "main", GRANTS).is_allowed
    assert not allowed(somebody("Release Captain"), Action.CONFIG_WRITE, "main", GRANTS).is_allowed


@pytest.mark.feature("F142")
def test_no_grant_widens_a_system_role() -> None:
    grants = {"viewer": GRANTED["tenant"]}
    assert not allowed(somebody("viewer"), Action.CONFIG_WRITE, "main", grants).is_allowed


def test_refusal_names_the_roles() -> None:
    reason = allowed(somebody(VIEWER), Action.DEPLOYMENT_START, "main").reason
    assert reason == "deployment.start needs one of the roles admin, deployer"


@pytest.mark.feature("F91")
@pytest.mark.parametrize(
    ("roles", "required", "expected"),
    [
        (("deployer",), None, True),
        (("deployer",), (), True),
        (("viewer",), None, False),
        (("deployer",), ("sre",), False),
        (("sre",), ("sre",), True),
        (("SRE",), ("sre",), True),
        (("sre",), ("qa", "SRE"), True),
        (("admin",), ("sre",), True),
        (("owner",), ("sre",), True),
        (("deployments full access",), None, True),
        (("deployer",), ("Deployments Full Access",), True),
        ((), ("sre",), False),
    ],
)
def test_approval_asks_for_role_names(roles: tuple[str, ...], required: tuple[str, ...] | None, expected: bool) -> None:
    assert may_approve(somebody(*roles), "main", required, GRANTS).is_allowed is expected


def test_agent_never_approves() -> None:
    assert not may_approve(somebody("sre", "admin", kind=Kind.AGENT), "main", ("sre",)).is_allowed


def test_other_tenants_approval_is_hidden() -> None:
    assert may_approve(somebody("sre"), "other", ("sre",)).is_hidden
