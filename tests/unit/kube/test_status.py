"""What the API's refusals become."""

import pytest

from libs.kube.port import Response
from libs.kube.status import Cause, KubeError, checked, error_of, error_of_event, retry_seconds

CONFLICT = b"""{"kind":"Status","code":409,"reason":"Conflict","message":"Apply failed with 1 conflict",
"details":{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \\"cd\\"","field":".spec.replicas"}]}}"""


def test_answer_that_is_none_passes() -> None:
    response = Response(201, b"{}")
    assert checked(response) is response


def test_refusal_is_raised() -> None:
    with pytest.raises(KubeError, match="Conflict: Apply failed"):
        checked(Response(409, CONFLICT))


def test_causes_are_kept() -> None:
    error = error_of(Response(409, CONFLICT))
    assert (error.status, error.reason) == (409, "Conflict")
    assert error.causes == (Cause("FieldManagerConflict", 'conflict with "cd"', ".spec.replicas"),)


@pytest.mark.parametrize(
    ("status", "reason", "claims"),
    [
        (404, "NotFound", set()),
        (409, "AlreadyExists", set()),
        (410, "Expired", {"is_expired"}),
        (429, "TooManyRequests", {"is_passing"}),
        (503, "ServiceUnavailable", {"is_passing"}),
        (422, "Invalid", set()),
    ],
)
def test_kinds_of_refusal_are_told_apart(status: int, reason: str, claims: set[str]) -> None:
    error = error_of(Response(status, f'{{"kind":"Status","reason":"{reason}"}}'.encode()))
    assert {claim for claim in ("is_expired", "is_passing") if getattr(error, claim)} == claims


def test_header_says_when_to_come_back() -> None:
    assert error_of(Response(429, b"", retry_after=3)).retry_after == 3


def test_details_say_when_to_come_back() -> None:
    body = b'{"kind":"Status","details":{"retryAfterSeconds":7}}'
    assert error_of(Response(429, body)).retry_after == 7


@pytest.mark.parametrize("body", [b"", b"upstream died", b"\xff\xfe", b"[]", b'{"kind":"Pod"}', b'{"kind":7}'])
def test_body_that_is_no_status_is_quoted(body: bytes) -> None:
    error = error_of(Response(502, body))
    assert (error.status, error.reason) == (502, "")


def test_long_message_is_cut() -> None:
    assert len(error_of(Response(500, b"x" * 100_000)).message) <= 4096


def test_watch_error_has_its_own_code() -> None:
    assert error_of_event(b'{"kind":"Status","code":410,"reason":"Expired","message":"too old"}').is_expired


@pytest.mark.parametrize(
    ("given", "seconds"),
    [({"Retry-After": "5"}, 5), ({"retry-after": "9999"}, 300), ({}, None), ({"Retry-After": "x"}, None)],
)
def test_retry_header_is_read(given: dict[str, str], seconds: float | None) -> None:
    assert retry_seconds(given) == seconds
