"""Which server and token a command uses, and where options may stand."""

from pathlib import Path

import msgspec
import pytest

from cli.exits import Exit, Stop
from cli.login.access import access
from cli.options import Options, Place, Up, reordered, where


def running(folder: Path, server: str = "http://127.0.0.1:1234") -> dict[str, str]:
    (folder / "up.json").write_bytes(msgspec.json.encode(Up(server=server, token="t-up")))
    return {"FAIRLEAD_STATE_DIR": str(folder)}


def test_running_stack_is_found(tmp_path: Path) -> None:
    assert where(Options(), running(tmp_path)) == Place("http://127.0.0.1:1234", "t-up")


def test_given_ones_win(tmp_path: Path) -> None:
    given = Options(server="https://cd.example/", token="mine")
    assert where(given, running(tmp_path)) == Place("https://cd.example", "mine", is_given=True)


def test_token_goes_to_its_own_server_only(tmp_path: Path) -> None:
    options, environ = Options(server="https://cd.example"), running(tmp_path) | {"HOME": str(tmp_path)}
    with pytest.raises(Stop) as stop:
        access(options, where(options, environ), environ)
    assert stop.value.code == Exit.NOT_ALLOWED
    assert "login --server https://cd.example" in stop.value.hints[0]


def test_space_around_token_is_dropped() -> None:
    assert where(Options(server="https://cd.example", token=" mine\r\n"), {}).token == "mine"


@pytest.mark.parametrize("token", ["mi\nne", "mi ne", "mi\udcffne"])
def test_broken_token_is_told(token: str) -> None:
    with pytest.raises(Stop) as stop:
        where(Options(server="https://cd.example", token=token), {})
    assert stop.value.code == Exit.WRONG
    assert "line break" in stop.value.message


@pytest.mark.parametrize("token", ["", "mine"])
@pytest.mark.parametrize(
    "server",
    [
        "localhost:8080",
        "cd.example",
        "ftp://cd.example",
        "http://",
        "http://h:x",
        "http://h:70000",
        "http://h:0",
        "http://[",
        "http://a b",
    ],
)
def test_no_address_is_told(server: str, token: str) -> None:
    with pytest.raises(Stop) as stop:
        where(Options(server=server, token=token), {})
    assert stop.value.code == Exit.WRONG
    assert "http://host:port" in stop.value.hints[0]


@pytest.mark.parametrize("server", ["HTTP://h", "https://h:1/below", "http://[::1]:8080", " http://h/ "])
def test_address_is_taken(server: str) -> None:
    assert where(Options(server=server, token="t"), {}).server == server.strip().rstrip("/")


def test_token_of_running_stack_survives_slash(tmp_path: Path) -> None:
    environ = running(tmp_path)
    assert where(Options(server="http://127.0.0.1:1234/"), environ).token == "t-up"


def test_nothing_known_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Stop) as stop:
        where(Options(), {"FAIRLEAD_STATE_DIR": str(tmp_path)})
    assert stop.value.code == Exit.UNREACHABLE


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("-o json deploy list", "deploy list -o json"),
        ("--no-color -v --server=x deploy list -o yaml", "deploy list -o yaml --no-color -v --server=x"),
        ("deploy list", "deploy list"),
        ("--help", "--help"),
        ("-v", "-v"),
    ],
)
def test_options_may_come_first(given: str, expected: str) -> None:
    assert reordered(given.split()) == expected.split()
