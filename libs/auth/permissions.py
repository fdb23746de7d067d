"""Who may do what: the one decision that every transport asks. Pure.

Each action lists the system roles that may take it. A custom role (the `roles` of the configuration) stands for system
roles through `grants`; a role that nothing is known of grants nothing, and still counts by name for approvals.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from libs.auth.principal import Kind, Principal

ADMIN = "admin"
DEPLOYER = "deployer"
VIEWER = "viewer"
AGENT = "agent"

Grants = Mapping[str, frozenset[str]]
"""What each custom role stands for, by its lower-case name."""

GRANTED = {
    "organization": frozenset({ADMIN}),
    "tenant": frozenset({ADMIN}),
    "deployment": frozenset({DEPLOYER}),
}
"""The system roles behind the `resource` of a custom role's grant."""


class Action(StrEnum):
    """Everything that somebody can be allowed."""

    DEPLOYMENT_READ = "deployment.read"
    DEPLOYMENT_START = "deployment.start"
    DEPLOYMENT_STEER = "deployment.steer"
    """Pause, resume, advance, abort, roll back, undo."""
    DEPLOYMENT_APPROVE = "deployment.approve"
    DEPLOYMENT_ABANDON = "deployment.abandon"
    WEBHOOK_ANSWER = "webhook.answer"
    AGENT_READ = "agent.read"
    AGENT_MANAGE = "agent.manage"
    AGENT_CONNECT = "agent.connect"
    CONFIG_READ = "config.read"
    CONFIG_WRITE = "config.write"
    CLIENT_MANAGE = "client.manage"
    FREEZE_READ = "freeze.read"
    FREEZE_MANAGE = "freeze.manage"
    AUDIT_READ = "audit.read"


_EVERYONE = frozenset({ADMIN, DEPLOYER, VIEWER})
_ACTIVE = frozenset({ADMIN, DEPLOYER})
_ADMINS = frozenset({ADMIN})

ROLES: Mapping[Action, frozenset[str]] = {
    Action.DEPLOYMENT_READ: _EVERYONE,
    Action.DEPLOYMENT_START: _ACTIVE,
    Action.DEPLOYMENT_STEER: _ACTIVE,
    Action.DEPLOYMENT_APPROVE: _ACTIVE,
    Action.DEPLOYMENT_ABANDON: _ADMINS,
    Action.WEBHOOK_ANSWER: _ACTIVE,
    Action.AGENT_READ: _EVERYONE,
    Action.AGENT_MANAGE: _ADMINS,
    Action.AGENT_CONNECT: frozenset({AGENT}),
    Action.CONFIG_READ: _EVERYONE,
    Action.CONFIG_WRITE: _ADMINS,
    Action.CLIENT_MANAGE: _ADMINS,
    Action.FREEZE_READ: _EVERYONE,
    Action.FREEZE_MANAGE: _ADMINS,
    Action.AUDIT_READ: _ADMINS,
}
"""Which system roles may take which action."""


class Decision(Struct, frozen=True):
    """Whether somebody may. `is_hidden`: answer as if the thing did not exist, because it is another tenant's."""

    is_allowed: bool
    reason: str = ""
    is_hidden: bool = False


_YES = Decision(True)


def allowed(principal: Principal, action: Action, tenant: str, grants: Grants | None = None) -> Decision:
    """Whether `principal` may take `action` on something that belongs to `tenant`."""
    if principal.tenant != tenant:
        return Decision(False, "there is no such thing in your tenant", is_hidden=True)
    if (principal.kind is Kind.AGENT) is not (action is Action.AGENT_CONNECT):
        return Decision(False, f"{action} is not for a principal of kind {principal.kind}")
    if _system_roles(principal, grants or {}) & ROLES[action]:
        return _YES
    return Decision(False, f"{action} needs one of the roles {_listed(ROLES[action])}")


def may_approve(
    principal: Principal, tenant: str, requires_roles: Sequence[str] | None = None, grants: Grants | None = None
) -> Decision:
    """Whether `principal` may approve or reject what waits for one of these roles.

    Without `requires_roles` whoever may approve in general may; with them any one listed role is enough, and an
    administrator's is always one of them. Role names are compared without regard to case.
    """
    if principal.tenant != tenant or principal.kind is Kind.AGENT or not requires_roles:
        return allowed(principal, Action.DEPLOYMENT_APPROVE, tenant, grants)
    wanted = {role.lower() for role in requires_roles}
    held = {role.lower() for role in principal.roles}
    if held & wanted or ADMIN in _system_roles(principal, grants or {}):
        return _YES
    return Decision(False, f"this approval needs one of the roles {_listed(requires_roles)}")


def _system_roles(principal: Principal, grants: Grants) -> frozenset[str]:
    held = frozenset(role.lower() for role in principal.roles)
    return held.union(*(grants.get(role, frozenset()) for role in held))


def _listed(roles: Sequence[str] | frozenset[str]) -> str:
    return ", ".join(sorted(roles))
