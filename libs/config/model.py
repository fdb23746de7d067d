"""The configuration document in its normal form, as it is stored and as the API shows it.

A secret is only ever named here: its value is read from a file by the service that uses it.
"""

from typing import Literal

from msgspec import Struct

ProviderType = Literal["prometheus", "datadog", "newRelic"]
RESOURCES = ("organization", "tenant", "deployment")

APPROVAL_WANTED = "approval.wanted"
"""The second name of every fact that asks a person to decide, whatever asks."""

DEFAULT_EVENTS = (
    "deployment.started",
    APPROVAL_WANTED,
    "deployment.abort-started",
    "rollout.returning",
    "deployment.succeeded",
    "deployment.failed",
    "deployment.cancelled",
)
"""What a rule without `events` tells: a beginning, an end, what waits for a person, and what goes back."""


class Grant(Struct, frozen=True, rename="camel"):
    """What a role allows: everything of a resource."""

    resource: Literal["organization", "tenant", "deployment"]
    type: Literal["api"] = "api"
    permission: Literal["full"] = "full"


class Role(Struct, frozen=True, rename="camel", omit_defaults=True):
    name: str
    """Unique without regard to case."""
    tenant: str = ""
    """Empty: of the whole organization."""
    grants: tuple[Grant, ...] = ()
    """None: a name for approvals alone."""


class BasicAuth(Struct, frozen=True, rename="camel"):
    username: str
    password_secret: str


class MetricProvider(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Where an analysis asks for its figures."""

    name: str
    type: ProviderType
    url: str
    agent: str = ""
    """The agent through which it is reached; empty: directly. Prometheus only."""
    basic_auth: BasicAuth | None = None
    """Prometheus only, and not beside `bearer_secret`."""
    bearer_secret: str = ""
    api_key_secret: str = ""
    """Datadog's API key, New Relic's user API key."""
    application_key_secret: str = ""
    """Datadog only."""
    account_id: str = ""
    """New Relic only."""


class NotificationRule(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Which facts are told to whom."""

    name: str
    kind: Literal["slack", "webhook"]
    url: str = ""
    url_secret: str = ""
    """Exactly one of the two is set; a Slack address is itself a secret."""
    events: tuple[str, ...] = DEFAULT_EVENTS
    """Patterns over `<noun>.<what happened>`; `*` stands for anything."""
    applications: tuple[str, ...] = ()
    """Patterns; empty: all."""
    targets: tuple[str, ...] = ()
    """Patterns over target names; empty: all, and what concerns no single target is told in any case."""
    headers: dict[str, str] = {}
    """Webhooks only; `{{secrets.name}}` stands for a secret's value."""


class Config(Struct, frozen=True, rename="camel", omit_defaults=True):
    roles: tuple[Role, ...] = ()
    allow_auto_delete: bool = False
    """Whether applying the file may delete roles that it leaves out."""
    tenants: tuple[str, ...] = ()
    metric_providers: tuple[MetricProvider, ...] = ()
    notifications: tuple[NotificationRule, ...] = ()


What = Literal["role", "metric provider", "notification"]
Done = Literal["created", "updated", "unchanged", "deleted", "kept"]
"""`kept`: the file leaves it out, and does not allow deleting."""


class Change(Struct, frozen=True):
    """What applying a file meant for one item of the configuration."""

    what: What
    name: str
    done: Done
