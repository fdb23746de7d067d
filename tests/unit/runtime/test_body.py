"""What a body that does not fit is refused with, in the words of whoever wrote it."""

import pytest
from msgspec import Struct

from libs.api.request import Decision, StartRequest
from libs.runtime.body import decoded, require_known
from libs.runtime.problem import Problem

WRONG = {
    "a misspelled member": ('{"config": "", "targetz": []}', "'targetz' is not known here; did you mean targets?"),
    "a member of another case": ('{"Config": ""}', "'Config' is not known here; did you mean config?"),
    "a missing member": ("{}", "config is missing"),
    "a number for a text": ('{"config": 1}', "config: needs text, not a whole number"),
    "nothing for a text": ('{"config": null}', "config: needs text, not null"),
    "a text for a list": ('{"config": "", "targets": "prod"}', "targets: needs a list, not text"),
    "a number deep inside": ('{"config": "", "files": {"a": [1]}}', "files[...][0]: needs text, not a whole number"),
    "a list for the whole": ("[]", "the body needs an object, not a list"),
}


def taken(body: bytes, kind: type[Struct]) -> None:
    decoded(body, kind)
    require_known(body, kind)


@pytest.mark.parametrize(("body", "told"), WRONG.values(), ids=WRONG)
def test_member_is_named_with_what_it_takes(body: str, told: str) -> None:
    with pytest.raises(Problem) as refused:
        taken(body.encode(), StartRequest)
    assert (refused.value.status, refused.value.code, refused.value.detail) == (422, "invalid_body", told)


def test_word_like_no_other_is_told_all() -> None:
    with pytest.raises(Problem, match="'because' is not known here; known: reason, gate, step, stage, target"):
        taken(b'{"because": "x"}', Decision)


def test_length_is_told_in_characters() -> None:
    with pytest.raises(Problem, match="reason: needs text of at most 1000 characters"):
        decoded(b'{"reason": "%s"}' % (b"x" * 1001), Decision)


@pytest.mark.parametrize("body", [b"", b"{", b'{"config": "\xff"}', b'{"config": "\\ud800"}', b"[" * 5000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        decoded(body, StartRequest)
    assert refused.value.status in (400, 422)
