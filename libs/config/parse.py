"""The configuration file's text -> the document, or every problem at once, each with line, column and path."""

from typing import Any

import msgspec
from msgspec import Struct

from libs.config.model import (
    DEFAULT_EVENTS,
    BasicAuth,
    Config,
    Grant,
    MetricProvider,
    NotificationRule,
    ProviderType,
    Role,
)
from libs.config.rules import Rules
from libs.config.schema import FILE
from libs.spec.problems import Place, Problem, Report
from libs.spec.shape.look import is_empty
from libs.spec.shape.walk import Walk
from libs.spec.shape.words import found
from libs.spec.tree.document import Limits, read
from libs.spec.tree.nodes import Mapping, Node

LIMITS = Limits(bytes=256 * 1024, nodes=20_000, scalar=8 * 1024, documents=1, depth=16)
MOST_BYTES = 192 * 1024
"""Of the document as it is kept: one value of the bucket."""

_TYPES: dict[str, ProviderType] = {"prometheus": "prometheus", "datadog": "datadog", "newrelic": "newRelic"}

Values = dict[str, Any]


class Parsed(Struct, frozen=True):
    config: Config | None
    """None where a problem is an error."""
    problems: tuple[Problem, ...]
    sections: frozenset[str] = frozenset()
    """The file's top-level keys: a section that is left out is not the same as an empty one."""


def parse(text: str | bytes, tenant: str) -> Parsed:
    """`tenant` is whose configuration it is to be."""
    content = read(text, LIMITS)
    if content.problems:
        return Parsed(None, content.problems)
    report = Report()
    root = _mapping(content.documents, report)
    if root is None:
        return Parsed(None, report.problems())
    walk = Walk(report)
    values = walk.value(FILE, root, "")
    config = _config(values)
    Rules(values, walk.places, report, tenant).check()
    if len(msgspec.json.encode(config)) > MOST_BYTES:
        report.error(Place(), "too_large", f"is larger than {MOST_BYTES // 1024} KiB as it is kept", "shorten it")
    return Parsed(None if report.has_errors else config, report.problems(), frozenset(values))


def _mapping(documents: tuple[Node, ...], report: Report) -> Mapping | None:
    """An empty file is refused: it would read as one that leaves every role out."""
    if not documents or is_empty(documents[0]):
        report.error(Place(1, 1), "empty", "is empty", "write roles, metricProviders or notifications")
        return None
    root = documents[0]
    if isinstance(root, Mapping):
        return root
    report.error(Place(root.line, root.column), "wrong_type", f"needs a mapping with roles, not {found(root)}")
    return None


def _config(file: Values) -> Config:
    """What is wrong reads as left out, so that the rest can still be judged."""
    return Config(
        roles=tuple(_role(one or {}) for one in file.get("roles") or ()),
        allow_auto_delete=file.get("allowAutoDelete") or False,
        tenants=tuple(name or "" for name in file.get("tenants") or ()),
        metric_providers=tuple(_provider(one or {}) for one in file.get("metricProviders") or ()),
        notifications=tuple(_rule(one or {}) for one in file.get("notifications") or ()),
    )


def _role(role: Values) -> Role:
    grants = [grant["resource"] for grant in role.get("grants") or () if grant and grant.get("resource")]
    return Role(role.get("name") or "", role.get("tenant") or "", tuple(Grant(one) for one in dict.fromkeys(grants)))


def _provider(one: Values) -> MetricProvider:
    basic = one.get("basicAuth")
    return MetricProvider(
        name=one.get("name") or "",
        type=_TYPES.get(one.get("type") or "", "prometheus"),
        url=(one.get("url") or "").rstrip("/"),
        agent=one.get("agent") or "",
        basic_auth=BasicAuth(basic.get("username") or "", basic.get("passwordSecret") or "") if basic else None,
        bearer_secret=one.get("bearerSecret") or "",
        api_key_secret=one.get("apiKeySecret") or "",
        application_key_secret=one.get("applicationKeySecret") or "",
        account_id=one.get("accountId") or "",
    )


def _rule(rule: Values) -> NotificationRule:
    return NotificationRule(
        name=rule.get("name") or "",
        kind=rule.get("kind") or "webhook",
        url=rule.get("url") or "",
        url_secret=rule.get("urlSecret") or "",
        events=_patterns(rule.get("events")) or DEFAULT_EVENTS,
        applications=_patterns(rule.get("applications")),
        targets=_patterns(rule.get("targets")),
        headers={name: value or "" for name, value in (rule.get("headers") or {}).items()},
    )


def _patterns(texts: list[str | None] | None) -> tuple[str, ...]:
    return tuple(text for text in texts or () if text)
