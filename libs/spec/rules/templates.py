"""Whether what stands between `{{` and `}}` is a name that will have a value, with its place in the file."""

from libs.spec.model import Webhook
from libs.spec.problems import Place, Report, join, quoted
from libs.templates.render import Name, names

_ALWAYS = ("applicationName", "environmentName", "accountName", "namespace", "replicaSetName", "deploymentId")
_TIMES = tuple(f"{end}Time{form}" for end in ("start", "end") for form in ("Iso8601", "EpochSeconds", "EpochMillis"))
WEBHOOK_VALUES = frozenset({*_ALWAYS, "callbackUri"})
QUERY_VALUES = frozenset({*_ALWAYS, *_TIMES, "intervalMillis", "intervalSeconds", "promQlStepInterval"})
_NAMESPACES = ("armory", "context", "secrets")


class Templates:
    """Checks templates of one file; `lines` are the file's own."""

    def __init__(self, places: dict[str, Place], report: Report, lines: list[str]) -> None:
        self._places = places
        self._report = report
        self._lines = lines

    def check_webhook(self, webhook: Webhook, path: str) -> None:
        self.check(webhook.uri, join(path, "uriTemplate"), WEBHOOK_VALUES)
        for index, header in enumerate(webhook.headers):
            at = join(join(path, "headers"), index)
            self.check(header.key, join(at, "key"), WEBHOOK_VALUES)
            self.check(header.value, join(at, "value"), WEBHOOK_VALUES)
        body, inline = join(path, "bodyTemplate"), join(join(path, "bodyTemplate"), "inline")
        self.check(webhook.body or "", inline if inline in self._places else body, WEBHOOK_VALUES)

    def check(self, template: str, path: str, values: frozenset[str]) -> None:
        starts = _starts(template)
        tags = names(template)
        for tag in tags:
            if problem := self._problem(tag, values):
                self._error(path, template.count("{{", 0, starts[tag.line - 1] + tag.column - 1), problem)
        if template.count("{{") > len(tags):
            self._check_closed(template, path, {starts[tag.line - 1] + tag.column - 1 for tag in tags})

    def _check_closed(self, template: str, path: str, closed: set[int]) -> None:
        at = template.find("{{")
        while at >= 0 and (at in closed or at + 1 in closed):
            at = template.find("{{", at + 2)
        if at >= 0:
            words = ("syntax", "opens {{ that no }} closes", "close it, or write the name as {{context.name}}")
            self._error(path, template.count("{{", 0, at), words)

    def _problem(self, tag: Name, values: frozenset[str]) -> tuple[str, str, str] | None:
        shown = quoted("{{" + tag.text + "}}")
        namespace, _, name = tag.text.partition(".")
        if namespace not in _NAMESPACES:
            known = "start the name with armory., context. or secrets."
            close = self._report.suggestion(namespace, _NAMESPACES) if namespace else ""
            hint = close if close.startswith("did") else known
            return "unknown_namespace", f"{shown} names no value", hint
        if not tag.is_valid:
            return "syntax", f"{shown} is no name", "write a name of letters, digits, _, - and ."
        if namespace == "armory" and name not in values and not name.startswith("preview."):
            return "unknown_value", f"{shown} has no value here", self._report.suggestion(name, sorted(values))
        return None

    def _error(self, path: str, number: int, words: tuple[str, str, str]) -> None:
        place = self._places.get(path, Place(path=path))
        self._report.error(self._braces(place, number), *words)

    def _braces(self, place: Place, number: int) -> Place:
        """Where the braces of this number, counted from 0, stand: as often as in the value, they open in the source."""
        column = place.column - 1
        for index in range(max(place.line - 1, 0), len(self._lines)):
            line = self._lines[index]
            while (column := line.find("{{", max(column, 0))) >= 0:
                if number == 0:
                    return Place(index + 1, column + 1, place.path)
                number, column = number - 1, column + 2
            column = 0
        return place


def _starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts
