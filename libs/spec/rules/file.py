"""All rules across the fields of one file, in one call."""

from libs.spec.model import Spec
from libs.spec.problems import Report
from libs.spec.rules.names import check_names
from libs.spec.rules.queries import QueryRules
from libs.spec.rules.swaps import check_swaps
from libs.spec.rules.targets import TargetRules
from libs.spec.rules.templates import QUERY_VALUES, Templates
from libs.spec.rules.webhooks import WebhookRules
from libs.spec.shape.walk import Walk


def check_file(spec: Spec, walk: Walk, report: Report, lines: list[str], minimum_timeout_seconds: int) -> None:
    """`lines` are the file's own. What nothing uses is not judged."""
    TargetRules(spec, walk.places, report).check(minimum_timeout_seconds)
    check_names(walk.names, walk.places, report)
    check_swaps(spec, walk.places, report)
    QueryRules(spec, walk.places, report).check(walk.names)
    _check_texts(spec, walk, report, lines)


def _check_texts(spec: Spec, walk: Walk, report: Report, lines: list[str]) -> None:
    templates, webhooks = Templates(walk.places, report, lines), WebhookRules(walk.places, report)
    templates.check_contexts(spec)
    for name, webhook in spec.webhooks.items():
        if walk.names.is_used("webhook", name):
            path = walk.names.defined["webhook"][name]
            templates.check_webhook(webhook, path)
            webhooks.check(webhook, path)
    for name, query in spec.queries.items():
        if walk.names.is_used("query", name):
            path = walk.names.defined["query"][name]
            templates.check(query.template, f"{path}.queryTemplate", QUERY_VALUES)
