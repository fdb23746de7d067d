"""Whether what stands between `{{` and `}}` is a name that will have a value, with its place in the file."""

import re
from collections.abc import Mapping
from itertools import islice

from libs.spec.model import Analysis, RunWebhook, Spec, Webhook
from libs.spec.problems import Place, Places, Report, join, place_of, quoted
from libs.spec.rules.uses import used_steps
from libs.spec.shape.word import TEMPLATE
from libs.templates.render import NAMESPACES, Name, names

_ALWAYS = ("applicationName", "environmentName", "accountName", "namespace", "replicaSetName", "deploymentId")
_TIMES = tuple(f"{end}Time{form}" for end in ("start", "end") for form in ("Iso8601", "EpochSeconds", "EpochMillis"))
WEBHOOK_VALUES = frozenset({*_ALWAYS, "callbackUri"})
QUERY_VALUES = frozenset({*_ALWAYS, *_TIMES, "intervalMillis", "intervalSeconds", "promQlStepInterval"})
_OPENED = re.compile(r"\{\{+")
_SIGILS = tuple("#/^>!&=")
"""How other languages of templates begin what is more than a variable."""
_MOST_PROBLEMS = 10
"""Of one text: each is looked for in the file from the text's beginning."""

Words = tuple[str, str, str]
"""A problem's code, what it says, and what to do."""


class Templates:
    """Checks templates of one file; `lines` are the file's own."""

    def __init__(self, places: Places, report: Report, lines: list[str]) -> None:
        self._places = places
        self._report = report
        self._lines = lines

    def check_webhook(self, webhook: Webhook, path: str) -> None:
        self.check(webhook.uri, join(path, "uriTemplate"), WEBHOOK_VALUES)
        for index, header in enumerate(webhook.headers):
            at = join(path, "headers", index)
            self.check(header.key, join(at, "key"), WEBHOOK_VALUES)
            self.check(header.value, join(at, "value"), WEBHOOK_VALUES)
        body, inline = join(path, "bodyTemplate"), join(path, "bodyTemplate", "inline")
        self.check(webhook.body or "", inline if inline in self._places else body, WEBHOOK_VALUES)

    def check_contexts(self, spec: Spec) -> None:
        self._check_context(spec.context, "context")
        for path, step in used_steps(spec):
            if isinstance(step, RunWebhook | Analysis):
                kind = "runWebhook" if isinstance(step, RunWebhook) else "analysis"
                self._check_context(step.context, join(path, kind, "context"))

    def _check_context(self, context: Mapping[str, str], path: str) -> None:
        for name, value in context.items():
            if TEMPLATE.search(value):
                at = join(path, name)
                message = "holds a template, which is passed on as it stands"
                hint = "templates are read in webhooks and queries only: write it there"
                self._report.warn(place_of(self._places, at), "unread_template", message, hint)

    def check(self, template: str, path: str, values: frozenset[str]) -> None:
        starts = _starts(template)
        tags = {starts[tag.line - 1] + tag.column - 1: tag for tag in names(template)}
        opened = ((number, match.start()) for number, match in enumerate(_OPENED.finditer(template)))
        judged = ((number, self._judged(template, at, tags.get(at), values)) for number, at in opened)
        for number, problem in islice(((number, words) for number, words in judged if words), _MOST_PROBLEMS):
            self._error(path, number, problem)

    def _judged(self, template: str, at: int, tag: Name | None, values: frozenset[str]) -> Words | None:
        return self._problem(tag, values) if tag else _unclosed(template[at : at + 3])

    def _problem(self, tag: Name, values: frozenset[str]) -> Words | None:
        shown = quoted("{{" + tag.text + "}}")
        namespace, _, name = tag.text.partition(".")
        if tag.text[:1] in _SIGILS:
            return "bad_template", f"{shown} is no variable", "there are only variables, such as {{context.name}}"
        if namespace not in NAMESPACES:
            known = "start the name with armory., context. or secrets."
            close = self._report.suggestion(namespace, NAMESPACES) if namespace else ""
            hint = close if close.startswith("did") else known
            return "bad_template", f"{shown} names no value", hint
        if not tag.is_valid:
            return "bad_template", f"{shown} is no name", "write a name of letters, digits, _, - and ."
        if namespace == "armory" and name not in values and not name.startswith("preview."):
            return "bad_template", f"{shown} has no value here", self._report.suggestion(name, sorted(values))
        return None

    def _error(self, path: str, number: int, words: Words) -> None:
        place = place_of(self._places, path)
        self._report.error(self._braces(place, number), *words)

    def _braces(self, place: Place, number: int) -> Place:
        """Where the braces of this number, counted from 0, stand: they open as often in the source as in the value."""
        column = max(place.column - 1, 0)
        for index in range(max(place.line - 1, 0), len(self._lines)):
            opened = [match.start() for match in _OPENED.finditer(self._lines[index], column)]
            if number < len(opened):
                return Place(index + 1, opened[number] + 1, place.path)
            number, column = number - len(opened), 0
        return place


def _unclosed(braces: str) -> Words:
    if braces == "{{{":
        return "bad_template", "opens three braces", "write two, as in {{context.name}}"
    return "bad_template", "opens {{ that no }} closes", "close it, as in {{context.name}}"


def _starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts
