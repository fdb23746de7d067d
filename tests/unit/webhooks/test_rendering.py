"""What a definition becomes with its values, and what cannot be sent."""

from typing import Any

import pytest

from libs.spec.model import Header, Webhook
from services.webhooks.calling.rendering import (
    BODY_BYTES,
    Request,
    Unrenderable,
    delivered,
    redirected,
    rendered,
    templates,
)

VALUES = {"context.branch": "main", "secrets.token": "hush-hush", "secrets.url": "https://hooks.test/T0/B1"}


def a_webhook(**changes: Any) -> Webhook:
    return Webhook(**{"uri": "https://ci.test/run", **changes})


@pytest.mark.feature("F109", "F110", "F119")
def test_every_part_is_rendered() -> None:
    webhook = a_webhook(
        method="put",
        uri="https://ci.test/run?branch={{context.branch}}",
        headers=(Header("X-{{context.branch}}", "Bearer {{ secrets.token }}"),),
        body='{"ref": "{{context.branch}}", "quote": "\\""}',
    )
    request = rendered(webhook, VALUES)
    assert (request.method, str(request.url)) == ("PUT", "https://ci.test/run?branch=main")
    assert request.headers == (("X-main", "Bearer hush-hush"),)
    assert request.body == b'{"ref": "main", "quote": "\\""}'


@pytest.mark.feature("F119")
def test_whole_address_may_be_a_secret() -> None:
    request = rendered(a_webhook(uri="{{secrets.url}}"), VALUES)
    assert (str(request.url), request.hidden) == (
        "https://hooks.test/T0/B1",
        ("hooks.test:443", "hooks.test", "/T0/B1"),
    )
    assert "hooks" not in repr(request)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"uri": "https://ci.test/{{context.absent}}"}, "uriTemplate, line 1, column 17: {{context.absent}}"),
        ({"body": "{\n  {{ context.absent }}"}, "bodyTemplate, line 2, column 3: {{context.absent}}"),
        ({"headers": (Header("A", "{{armory.nope}}"),)}, r"headers\[0\].value, line 1, column 1: {{armory.nope}}"),
        ({"headers": (Header("{{secrets.no}}", ""),)}, r"headers\[0\].key, line 1, column 1: {{secrets.no}}"),
    ],
)
def test_unknown_name_is_told_with_its_place(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(Unrenderable, match=f"{where} has no value"):
        rendered(a_webhook(**changes), VALUES)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"uri": "ftp://ci.test/"}, "no http or https"),
        ({"uri": "file:///etc/passwd"}, "no http or https"),
        ({"uri": "/only/a/path"}, "no http or https"),
        ({"uri": "https://[::1"}, "no address"),
        ({"uri": "https://ci.test:99999/"}, "no address"),
        ({"uri": "https://ci.test/" + "x" * 9000}, "longer than 8192"),
        ({"method": "GET / HTTP/1.1\r\nX:"}, "cannot be sent"),
        ({"method": "CONNECT"}, "cannot be sent"),
        ({"headers": (Header("X", "a\r\nEvil: b"),)}, "line break"),
        ({"headers": (Header("X\r\nEvil", "b"),)}, "no name of a header"),
        ({"headers": (Header("", "b"),)}, "no name of a header"),
        ({"headers": tuple(Header(f"X-{n}", "b") for n in range(49))}, "more than 48"),
        ({"headers": (Header("X", "b" * 13_000),)}, "longer than 12288"),
        ({"body": "b" * (BODY_BYTES + 1)}, "longer than"),
    ],
)
def test_what_cannot_be_sent_is_told(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(Unrenderable, match=why):
        rendered(a_webhook(**changes), VALUES)


def test_reason_holds_no_value() -> None:
    with pytest.raises(Unrenderable) as raised:
        rendered(a_webhook(uri="{{secrets.token}}"), VALUES)
    assert "hush" not in str(raised.value)


def test_connection_headers_are_ours() -> None:
    headers = (Header("Host", "evil.test"), Header("Content-Length", "3"), Header("X", "kept"))
    assert rendered(a_webhook(headers=headers), VALUES).headers == (("X", "kept"),)


def test_delivery_is_marked() -> None:
    request = delivered(rendered(a_webhook(headers=(Header("idempotency-key", "own"),)), VALUES), "d-1")
    assert dict(request.headers)["X-Fairlead-Delivery"] == "d-1"
    assert [value for name, value in request.headers if name.lower() == "idempotency-key"] == ["own"]


def test_every_template_is_listed() -> None:
    assert templates(a_webhook(headers=(Header("a", "b"),), body="c")) == ("https://ci.test/run", "a", "b", "c")


def a_request() -> Request:
    return rendered(a_webhook(method="GET", headers=(Header("Authorization", "Bearer x"),)), VALUES)


def test_redirect_elsewhere_loses_the_headers() -> None:
    assert redirected(a_request(), "/other").headers == a_request().headers
    assert redirected(a_request(), "https://other.test/").headers == ()


@pytest.mark.parametrize("location", ["http://ci.test/run", "file:///etc/passwd", "https://["])
def test_bad_redirect_is_refused(location: str) -> None:
    with pytest.raises(Unrenderable):
        redirected(a_request(), location)
