"""Who may do what: the one decision that every transport asks. Pure.

Each action lists the system roles that may take it. A custom role (the `roles` of the configuration) stands for system
roles through `grants`; a role that nothing is known of grants nothing, and still counts by name for approvals.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from libs.auth.principal import Kind, Principal

ADMIN = "admin"
DEPLOYER = "deployer"
VIEWER = "viewer"
AGENT = "agent"

SYSTEM_ROLES = frozenset({ADMIN, DEPLOYER, VIEWER, AGENT})

ORIGINAL_NAMES = {
    "organization admin": ADMIN,
    "deployments full access": DEPLOYER,
    "remote network agent": AGENT,
}
"""What the original calls these roles; people's files and credentials may go on doing so."""

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

    TENANT_MEMBER = "tenant.member"
    """Be somebody in the tenant: what more it takes is decided once it is known what is asked for."""
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


_ANYBODY: frozenset[str] = frozenset()
"""Whatever his roles: known here or only by name."""
_EVERYONE = frozenset({ADMIN, DEPLOYER, VIEWER})
_ACTIVE = frozenset({ADMIN, DEPLOYER})
_ADMINS = frozenset({ADMIN})

ROLES: Mapping[Action, frozenset[str]] = {
    Action.TENANT_MEMBER: _ANYBODY,
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
    if ROLES[action] == _ANYBODY or _system_roles(principal, grants or {}) & ROLES[action]:
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
    if has_any(principal, requires_roles) or ADMIN in _system_roles(principal, grants or {}):
        return _YES
    return Decision(False, f"this approval needs one of the roles {_listed(requires_roles)}")


def has_any(principal: Principal, roles: Iterable[str]) -> bool:
    """Whether one of these roles, by name, is the principal's."""
    return not _names(principal.roles).isdisjoint(_names(roles))


def is_system_role(name: str) -> bool:
    """Whether a role of this name is ours, so that no configuration can give it another meaning."""
    return _name(name) in SYSTEM_ROLES


def has_custom_role(principal: Principal) -> bool:
    return not _names(principal.roles) <= SYSTEM_ROLES


def _system_roles(principal: Principal, grants: Grants) -> frozenset[str]:
    held = _names(principal.roles)
    return held.union(*(grants.get(role, frozenset()) for role in held - SYSTEM_ROLES))


def _names(roles: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_name, roles))


def _name(role: str) -> str:
    """Case makes no difference, and the original's names are ours."""
    return ORIGINAL_NAMES.get(role.lower(), role.lower())


def _listed(roles: Sequence[str] | frozenset[str]) -> str:
    return ", ".join(sorted(roles))
