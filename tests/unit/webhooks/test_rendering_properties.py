"""Whatever a definition and its values hold: a request that can be sent, or a reason."""

import contextlib

from hypothesis import example, given
from hypothesis import strategies as st

from libs.spec.model import Header, Webhook
from services.webhooks.calling.rendering import Unrenderable, redirected, rendered

_PIECES = st.sampled_from(
    [
        "https://",
        "http://",
        "{{secrets.s}}",
        "{{context.c}}",
        "{{context.none}}",
        "@",
        ":",
        "/",
        "?",
        "#",
        "[",
        "]",
        "%",
        "é",
        "xn--",
        "..",
        "localhost",
        "a.test",
        "99999",
    ]
)
_BROKEN = st.sampled_from(["\r\n", "\x00", "\ud800", " "])
_TEXTS = st.lists(_PIECES | _BROKEN, max_size=6).map("".join) | st.text(max_size=30)


@given(_TEXTS, _TEXTS, _TEXTS, st.text(max_size=20), st.text(max_size=20))
@example("https://\ud800.test/", "", "", "", "")
@example("https://a.test:0/", "", "", "", "")
@example("https://xn--/", "", "", "", "")
def test_result_is_a_request_or_a_reason(uri: str, name: str, text: str, secret: str, context: str) -> None:
    webhook = Webhook(uri=uri, headers=(Header(name, text),), body=text)
    marked = f"KEEP{secret}QUIET"
    with contextlib.suppress(Unrenderable):
        request = rendered(webhook, {"secrets.s": marked, "context.c": context})
        assert request.url.scheme in ("http", "https")
        assert all("\n" not in one and "\r" not in one for header in request.headers for one in header)
        assert "\n" not in str(request.url)
        assert marked not in repr(request)


@given(_TEXTS)
def test_any_location_is_followed_or_refused(location: str) -> None:
    request = rendered(Webhook(uri="https://a.test/x", headers=(Header("Authorization", "x"),)), {})
    with contextlib.suppress(Unrenderable):
        after = redirected(request, location)
        assert after.url.scheme == "https"
        assert not after.headers or after.url.origin() == request.url.origin()
