"""Whether each webhook that is used could be called at all: its address, its headers' names, its body."""

import json
import re

from libs.spec.model import Webhook
from libs.spec.problems import Place, Places, Report, join, place_of, quoted
from libs.spec.shape.terms import HEADER_NAME
from libs.templates.render import TAG

_ADDRESS = re.compile(r"https?://[^/\s]", re.IGNORECASE)
_SCHEMES = ("https://", "http://")
_BODY = re.compile(r"\s*[{\[]")


class WebhookRules:
    def __init__(self, places: Places, report: Report) -> None:
        self._places = places
        self._report = report

    def check(self, webhook: Webhook, path: str) -> None:
        self._check_address(webhook.uri, join(path, "uriTemplate"))
        for index, header in enumerate(webhook.headers):
            self._check_header(header.key, join(path, "headers", index, "key"))
        if webhook.body is not None:
            self._check_body(webhook.body, join(path, "bodyTemplate"))

    def _check_address(self, uri: str, path: str) -> None:
        """A template may bring any part of it, but what stands before the first one must fit."""
        start, tag, _ = uri.partition("{{")
        text = start + "x" * bool(tag)
        if not _ADDRESS.match(text) and not (tag and any(one.startswith(start.lower()) for one in _SCHEMES)):
            self._error(path, "bad_address", f"{quoted(uri)} is no address", "start it with https:// or http://")

    def _check_header(self, key: str, path: str) -> None:
        if key and not HEADER_NAME.fullmatch(TAG.sub("x", key)):
            self._error(path, "bad_name", f"{quoted(key)} is no header's name", "write letters, digits and - only")

    def _check_body(self, body: str, path: str) -> None:
        """It is sent as it is; but what begins like JSON and is none was hardly meant so."""
        if not _BODY.match(body):
            return
        try:
            json.loads(TAG.sub(lambda tag: "1" * len(tag[0]), body))
        except json.JSONDecodeError as error:
            message = f"looks like JSON, but is none at {error.lineno}:{error.colno} of the text"
            self._report.warn(self._place(path), "not_json", message, "check commas and quotes; it is sent as it is")
        except (ValueError, RecursionError):
            # Numbers too long and nesting too deep to be judged here.
            return

    def _error(self, path: str, code: str, message: str, hint: str) -> None:
        self._report.error(self._place(path), code, message, hint)

    def _place(self, path: str) -> Place:
        return self._places.get(join(path, "inline")) or place_of(self._places, path)
