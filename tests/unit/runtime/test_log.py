"""Log lines: what is in every one, and what is in none."""

import copy
import io
import json
import logging
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from libs.runtime import log, trace
from libs.runtime.clock import SystemClock
from libs.runtime.redact import redacted
from libs.runtime.secret import Secret

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)


class Noon(SystemClock):
    def now(self) -> datetime:
        return NOON


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handlers, level = logging.root.handlers[:], logging.root.level
    log.configure(Noon(), "json", "info", stream)
    yield stream
    structlog.reset_defaults()
    logging.captureWarnings(False)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def only(lines: io.StringIO) -> dict[str, Any]:
    (line,) = lines.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


@pytest.mark.feature("F21")
def test_line_carries_what_is_bound(lines: io.StringIO) -> None:
    place = trace.Trace("ab" * 16, "cd" * 8)
    with log.bound(deployment="d", target="t"), trace.entered(place):
        log.logger().info("step_started", step=2)
    assert only(lines) == {
        "at": "2030-01-02T12:00:00.000+00:00",
        "level": "info",
        "event": "step_started",
        "step": 2,
        "deployment": "d",
        "target": "t",
        "trace_id": "ab" * 16,
    }


def test_nothing_stays_bound(lines: io.StringIO) -> None:
    with log.bound(deployment="d"):
        pass
    log.logger().info("later")
    assert "deployment" not in only(lines)


@pytest.mark.feature("F21")
def test_level_holds_back_the_rest(lines: io.StringIO) -> None:
    log.logger().debug("unheard")
    assert lines.getvalue() == ""


@pytest.mark.parametrize("name", ["nats", "aiohttp.server", "grpc"])
def test_libraries_come_out_from_warnings_on(name: str, lines: io.StringIO) -> None:
    logging.getLogger(name).info("chatter")
    logging.getLogger(name).warning("slow consumer %s", 7)
    assert only(lines)["event"] == "slow consumer 7"


def test_library_lines_are_redacted(lines: io.StringIO) -> None:
    logging.getLogger("nats").error("cannot reach nats://app:hunter2@nats:4222")
    assert only(lines)["event"] == "cannot reach nats://***@nats:4222"


def test_exception_text_is_redacted(lines: io.StringIO) -> None:
    try:
        raise ValueError("Authorization: Bearer abcdefghijk")
    except ValueError:
        log.logger().exception("failed")
    assert "abcdefghijk" not in lines.getvalue()
    assert "ValueError: Authorization: Bearer ***" in only(lines)["exception"]


@pytest.mark.parametrize("value", [object(), {1: {2}}, "\udcff", b"\xff", {"a": Secret("hush")}])
def test_no_value_breaks_a_line(value: object, lines: io.StringIO) -> None:
    log.logger().info("odd", value=value)
    assert only(lines)["event"].strip("'") == "odd"
    assert "hush" not in lines.getvalue()


@pytest.mark.parametrize(
    "key",
    ["password", "client_secret", "Authorization", "Set-Cookie", "api-key", "apikey", "token", "access_token",
     "refresh_token", "private_key", "sealing_key", "passwd", "session_jwt", "credential"],
)  # fmt: skip
def test_secret_name_hides_its_value(key: str) -> None:
    assert redacted(key, "visible") == "***"


@pytest.mark.parametrize("key", ["token_seconds", "client_id", "deployment", "key", "application", "tokens_given"])
def test_plain_name_shows_its_value(key: str) -> None:
    assert redacted(key, "visible") == "visible"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bearer abc.def-ghi", "Bearer ***"),
        ("basic dXNlcjpwYXNz", "basic ***"),
        ("got eyJhbGciOi.eyJpc3Mi.c2ln here", "got *** here"),
        ("https://user:pass@host/x", "https://***@host/x"),
        ("https://host/x?a=1&access_token=abc&b=2", "https://host/x?a=1&access_token=***&b=2"),
        ("client_secret=abc", "client_secret=***"),
        ("https://host/x?page=2", "https://host/x?page=2"),
    ],
)
def test_credentials_inside_text_are_hidden(text: str, shown: str) -> None:
    assert redacted("url", text) == shown


def test_nested_secrets_are_hidden() -> None:
    assert redacted("body", {"a": [{"password": "x", "b": 1}]}) == {"a": [{"password": "***", "b": 1}]}


@pytest.mark.timeout(5)
@pytest.mark.parametrize("piece", ["x", "eyJ", "-eyJ", "passw", "://", "bearer ", "token", "a.", "?"])
def test_long_text_is_searched_quickly(piece: str) -> None:
    assert len(str(redacted("body", piece * 100_000))) < 17_000


def test_long_text_is_cut() -> None:
    assert len(str(redacted("body", "x" * 100_000))) < 17_000


def test_secret_hides_itself_everywhere() -> None:
    secret = Secret("hush")
    shown = f"{secret} {secret!r} {secret!s} {secret:>5} {[secret]} %s" % secret
    assert "hush" not in shown
    assert secret.reveal() == "hush"


@pytest.mark.parametrize("leak", [pickle.dumps, copy.copy, hash])
def test_secret_is_not_copied_out(leak: Any) -> None:
    with pytest.raises(TypeError):
        leak(Secret("hush"))
