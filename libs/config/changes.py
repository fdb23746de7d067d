"""What applying a file means for the configuration that is there: the original's algorithm, for more than roles.

Roles: what the file leaves out stays, and is told, unless the file allows deleting; a file without `roles` leaves all
of them out. Providers and rules: the same, but a section that the file does not have is left alone.
"""

from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from libs.auth.permissions import GRANTED, Grants, is_system_role
from libs.config.model import Change, Config, Done, MetricProvider, NotificationRule, Role, What


class Applied(Struct, frozen=True):
    config: Config
    changes: tuple[Change, ...]

    @property
    def deleted_roles(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.changes if one.what == "role" and one.done == "deleted")


Item = TypeVar("Item", bound=Role | MetricProvider | NotificationRule)


def apply(before: Config, wanted: Config, sections: frozenset[str]) -> Applied:
    """`sections` are the keys that the file has. A system role in the file is passed over."""
    deletes = wanted.allow_auto_delete
    own = tuple(role for role in wanted.roles if not is_system_role(role.name))
    roles, changes = _merged("role", before.roles, own, deletes)
    after = replace(before, roles=roles)
    if "metricProviders" in sections:
        providers, more = _merged("metric provider", before.metric_providers, wanted.metric_providers, deletes)
        after, changes = replace(after, metric_providers=providers), changes + more
    if "notifications" in sections:
        rules, more = _merged("notification", before.notifications, wanted.notifications, deletes)
        after, changes = replace(after, notifications=rules), changes + more
    return Applied(after, changes)


def _merged(
    what: What, before: tuple[Item, ...], wanted: tuple[Item, ...], deletes: bool
) -> tuple[tuple[Item, ...], tuple[Change, ...]]:
    """What is there afterwards: the file's, in its order, then what is kept."""
    there = {one.name.casefold(): one for one in before}
    changes = [Change(what, one.name, _done(there.pop(one.name.casefold(), None), one)) for one in wanted]
    changes += [Change(what, one.name, "deleted" if deletes else "kept") for one in there.values()]
    return (wanted if deletes else (*wanted, *there.values())), tuple(changes)


def _done(before: Item | None, wanted: Item) -> Done:
    if before is None:
        return "created"
    return "unchanged" if before == wanted else "updated"


def grants_of(config: Config, tenant: str) -> Grants:
    """Which system roles each custom role stands for; a role of another tenant stands for nothing here."""
    return {
        role.name.lower(): frozenset().union(*(GRANTED[grant.resource] for grant in role.grants))
        for role in config.roles
        if role.tenant in ("", tenant)
    }
