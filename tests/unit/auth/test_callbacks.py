"""Tokens of callbacks: whose they are, and that nobody makes them up."""

import pytest

from libs.auth.callbacks import CallbackTokens
from libs.messages.run import Place, run_name
from libs.messages.subject import Key

KEY = Key("acme", 3, "0300-d1", "5f4dcc3b5aa765d6")
TOKENS = CallbackTokens(b"k" * 32)


def test_token_names_its_run() -> None:
    assert TOKENS.place(TOKENS.token(KEY)) == KEY
    assert TOKENS.token(KEY) == TOKENS.token(KEY)


def test_every_use_of_a_webhook_has_its_own_token() -> None:
    places = (Place("before", 0), Place("before", 1), Place("after", 0), Place("strategy", 2, 1))
    runs = [KEY.of_target(run_name(target, place)) for target in ("qa", "prod") for place in places]
    assert len({TOKENS.token(run) for run in runs}) == len(runs)


@pytest.mark.feature("F115")
def test_forged_token_names_nothing() -> None:
    token = TOKENS.token(KEY)
    for position in range(len(token)):
        other = "A" if token[position] != "A" else "B"
        assert TOKENS.place(token[:position] + other + token[position + 1 :]) in (None, KEY)
    assert TOKENS.place(token[:10] + ("A" if token[10] != "A" else "B") + token[11:]) is None
    assert CallbackTokens(b"x" * 32).place(token) is None


@pytest.mark.parametrize("text", ["", "x", "é" * 80, "A" * 43, "A" * 100, "A" * 10_000, "../..", "a b"])
def test_nonsense_names_nothing(text: str) -> None:
    assert TOKENS.place(text) is None
