"""The rules across the fields of a configuration file: names that are unique, addresses that can be called."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from libs.auth.permissions import is_system_role
from libs.config.events import EVENTS, fits
from libs.spec.problems import Place, Places, Report, join, path_of, quoted
from libs.spec.shape.terms import HEADER_NAME
from libs.templates.render import SECRETS, names

Values = dict[str, Any]

_AUTH = ("agent", "basicAuth", "bearerSecret", "apiKeySecret", "applicationKeySecret", "accountId")
_NEEDED = {
    "prometheus": (),
    "datadog": ("apiKeySecret", "applicationKeySecret"),
    "newrelic": ("apiKeySecret", "accountId"),
}
_ALLOWED = _NEEDED | {"prometheus": ("agent", "basicAuth", "bearerSecret")}
_OURS = frozenset({"content-type", "content-length", "host", "transfer-encoding", "connection", "x-fairlead-event"})


class Rules:
    """Judges the checked values of one file; `places` says where they stand."""

    def __init__(self, values: Values, places: Places, report: Report, tenant: str) -> None:
        self._values = values
        self._places = places
        self._report = report
        self._tenant = tenant

    def check(self) -> None:
        for section, check in self._sections().items():
            items = self._values.get(section) or []
            self._check_names(section, items)
            for number, one in enumerate(items):
                check(one or {}, path_of(section, number))
        for number, name in enumerate(self._values.get("tenants") or ()):
            self._check_tenant(name, path_of("tenants", number), "is not made")

    def _sections(self) -> dict[str, Callable[[Values, str], None]]:
        return {"roles": self._role, "metricProviders": self._provider, "notifications": self._rule}

    def _check_names(self, section: str, items: list[Values | None]) -> None:
        seen: dict[str, str] = {}
        for number, one in enumerate(items):
            name = (one or {}).get("name")
            if name is None:
                continue
            path = path_of(section, number, "name")
            first = seen.setdefault(name.casefold(), path)
            if first != path:
                line = self._place(first).line
                message = f"{quoted(name)} is named twice, first in line {line}; case makes no difference"
                self._error(path, "duplicate_name", message, "rename one, or remove it")

    def _check_tenant(self, name: str | None, path: str, what: str) -> None:
        if name and name != self._tenant:
            message = f"the tenant {quoted(name)} {what}: an installation has one tenant in this release"
            self._report.warn(self._place(path), "not_built", message, f"yours is {self._tenant}")

    def _role(self, role: Values, path: str) -> None:
        if is_system_role(role.get("name") or ""):
            message = f"{quoted(role['name'])} is a system role, which configuration cannot change"
            self._report.warn(self._place(join(path, "name")), "system_role", message, "it is passed over")
        self._check_tenant(role.get("tenant"), join(path, "tenant"), "is not here, so that the role grants nothing")

    def _provider(self, one: Values, path: str) -> None:
        self._check_url(one.get("url"), join(path, "url"), "")
        kind = one.get("type")
        if kind not in _NEEDED:
            return
        for key in _AUTH:
            if key in one and key not in _ALLOWED[kind]:
                takes = ", ".join(_ALLOWED[kind])
                self._error(join(path, key), "not_here", f"has no meaning for {kind}", f"{kind} takes {takes}")
        for key in _NEEDED[kind]:
            if key not in one:
                self._error(join(path, key), "missing_key", f"is missing: {kind} needs it", "add it")
        if "basicAuth" in one and "bearerSecret" in one:
            self._error(join(path, "bearerSecret"), "excluded", "stands beside basicAuth", "keep one of the two")

    def _rule(self, rule: Values, path: str) -> None:
        if ("url" in rule) == ("urlSecret" in rule):
            message = "has url and urlSecret" if "url" in rule else "has neither url nor urlSecret"
            self._error(path, "excluded", message, "write one: urlSecret names a secret whose value is the address")
        self._check_url(rule.get("url"), join(path, "url"), "write urlSecret: and the secret's name")
        for number, pattern in enumerate(rule.get("events") or ()):
            if pattern and not any(fits(pattern, event) for event in EVENTS):
                hint = self._report.suggestion(pattern, EVENTS)
                message = f"{quoted(pattern)} means no event"
                self._error(join(path, "events", number), "unknown_name", message, hint)
        if rule.get("kind") == "slack" and rule.get("headers"):
            self._error(join(path, "headers"), "not_here", "has no meaning for slack", "remove it")
        for name, value in (rule.get("headers") or {}).items():
            self._check_header(name, value or "", join(path, "headers", name))

    def _check_url(self, url: str | None, path: str, hint: str) -> None:
        if url is None:
            return
        if problem := _url_problem(url):
            self._error(path, "bad_url", problem, hint if "{{" in url else "write it as https://host/path")

    def _check_header(self, name: str, value: str, path: str) -> None:
        if not HEADER_NAME.fullmatch(name) or name.lower() in _OURS:
            self._error(path, "bad_name", f"{quoted(name)} cannot be set here", "use a header's name of your own")
        if not value.isprintable():
            self._error(path, "bad_name", "holds a line break or control character", "write it on one line")
        for tag in names(value):
            if not tag.is_valid or not tag.text.startswith(SECRETS):
                message = f"{quoted('{{' + tag.text + '}}')} is not known here"
                self._error(path, "unknown_name", message, "only {{secrets.<name>}} is")

    def _error(self, path: str, code: str, message: str, hint: str) -> None:
        self._report.error(self._place(path), code, message, hint)

    def _place(self, path: str) -> Place:
        """Where a path's value stands; for one that is missing, where what it is missing in stands."""
        outer = path
        while outer not in self._places and outer:
            outer = outer.rpartition(".")[0]
        place = self._places.get(outer, Place())
        return Place(place.line, place.column, path)


def _url_problem(url: str) -> str:
    if "{{" in url:
        return "holds a template"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "holds a space, a line break or another character that no URL has"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return f"{quoted(url)} is not a URL"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return f"{quoted(url)} is not the URL of a host"
    return "holds a password: name a secret instead" if parts.username or parts.password else ""
