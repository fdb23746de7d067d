import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.secrets.mask import forms, masked

VALUE = 'p"ss/wörd +&='


@pytest.mark.parametrize(
    "written", [VALUE, quote(VALUE), quote(VALUE, safe=""), quote_plus(VALUE), json.dumps(VALUE)[1:-1]]
)
def test_every_way_of_writing_is_masked(written: str) -> None:
    assert masked(f"before {written} after", forms([VALUE])) == "before *** after"


@given(st.text(min_size=6), st.binary(max_size=5), st.binary(max_size=5))
def test_base64_hides_nothing(value: str, before: bytes, after: bytes) -> None:
    encoded = value.encode(errors="replace")
    text = base64.b64encode(before + encoded + after).decode()
    assert "***" in masked(text, forms([encoded.decode()]))


def test_longest_value_goes_first() -> None:
    assert masked("secret-and-more", forms(["secret", "secret-and-more"])) == "***"


def test_short_value_is_masked_plainly() -> None:
    assert masked("pin 1234", forms(["1234"])) == "pin ***"


def test_empty_value_masks_nothing() -> None:
    assert masked("text", forms([""])) == "text"
