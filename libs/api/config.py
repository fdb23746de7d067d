"""The configuration as clients send and get it."""

from msgspec import Struct

from libs.config.model import Change, MetricProvider, NotificationRule, Role


class ApplyConfig(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Make the configuration what this file says."""

    config: str
    """The file's text, YAML or JSON."""
    dry_run: bool = False
    """Only say what would change."""


class ShownConfig(Struct, frozen=True, rename="camel"):
    """What is configured, as a file that could be applied again."""

    tenants: tuple[str, ...]
    roles: tuple[Role, ...]
    metric_providers: tuple[MetricProvider, ...]
    notifications: tuple[NotificationRule, ...]


class ConfigView(Struct, frozen=True, rename="camel"):
    """`revision` is the ETag too: sent back as If-Match, it keeps one change from undoing another."""

    config: ShownConfig
    revision: int


class ConfigApplied(Struct, frozen=True, rename="camel"):
    """What was done, in the file's order."""

    revision: int
    changes: tuple[Change, ...] = ()
    notice: str = ""
    """Set where the file leaves out what is there, and nothing was deleted."""
    warnings: tuple[str, ...] = ()
    dry_run: bool = False
