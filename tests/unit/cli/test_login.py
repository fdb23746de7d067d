"""What is kept of a login, which token a command uses, and when that one is renewed."""

import stat
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from cli.exits import Exit, Stop
from cli.login import kept
from cli.login.access import Access, Held, Renew, access, held, place_of
from cli.login.credential import Credential, given
from cli.login.issuer import Granted, is_in_the_clear
from cli.login.kept import Login, Logins
from cli.options import Options, Place
from tests.unit.auth.virtual import START, VirtualClock

SERVER = "https://cd.example"
AT = datetime(2026, 5, 1, tzinfo=UTC)


def a_login(server: str = SERVER, refresh: str = "r", token: str = "t") -> Login:
    return Login(server, server, "machine.main.ci", token, AT, AT, refresh)


def home(folder: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(folder), "FAIRLEAD_STATE_DIR": str(folder / "none"), "HOME": str(folder)}


def test_login_is_read_again(tmp_path: Path) -> None:
    kept.change(lambda logins: logins.with_(a_login()), home(tmp_path))
    assert kept.read(home(tmp_path)) == Logins((a_login(),), SERVER)
    assert stat.S_IMODE(kept.place(home(tmp_path)).stat().st_mode) == 0o600


def test_wider_mode_is_narrowed(tmp_path: Path) -> None:
    kept.change(lambda logins: logins, home(tmp_path))
    kept.place(home(tmp_path)).chmod(0o644)
    kept.change(lambda logins: logins, home(tmp_path))
    assert stat.S_IMODE(kept.place(home(tmp_path)).stat().st_mode) == 0o600


def test_last_login_is_asked_first(tmp_path: Path) -> None:
    for login in (a_login("https://a.example"), a_login("https://b.example"), a_login("https://a.example")):
        kept.change(partial(Logins.with_, login=login), home(tmp_path))
    assert place_of(Options(), home(tmp_path)).server == "https://a.example"
    kept.change(lambda logins: logins.without("https://a.example"), home(tmp_path))
    assert place_of(Options(), home(tmp_path)).server == "https://b.example"


def test_no_login_is_left_behind() -> None:
    assert Logins((a_login(),), SERVER).without(SERVER) == Logins()


@pytest.mark.parametrize("other", [Logins(), Logins((a_login(refresh="another"),), SERVER)])
def test_renewal_overrules_nobody(other: Logins) -> None:
    assert other.renewed(a_login(token="new")) == other


def test_renewal_keeps_order() -> None:
    both = Logins((a_login(), a_login("https://b.example")), "https://b.example")
    assert [one.token for one in both.renewed(a_login(token="new")).logins] == ["new", "t"]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"logins": [{"server": 1}]}', b"\xff"])
def test_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = kept.place(home(tmp_path))
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(Stop) as stop:
        kept.read(home(tmp_path))
    assert (stop.value.code, str(path) in stop.value.message) == (Exit.WRONG, True)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/x/fairlead/logins.json"),
        ({"XDG_CONFIG_HOME": "", "HOME": "/h"}, "/h/.config/fairlead/logins.json"),
        ({"XDG_CONFIG_HOME": "relative", "HOME": "/h"}, "/h/.config/fairlead/logins.json"),
    ],
)
def test_place_follows_the_desktop(environ: dict[str, str], expected: str) -> None:
    assert str(kept.place(environ)) == expected


CASES: dict[str, tuple[Options, dict[str, str], Credential]] = {
    "typed wins": (
        Options(client_id="a", client_secret="s"),
        {"FAIRLEAD_CLIENT_ID": "b", "FAIRLEAD_CLIENT_SECRET": "t"},
        Credential("a", "s"),
    ),
    "ours before the original's": (
        Options(),
        {"FAIRLEAD_CLIENT_ID": "b", "ARMORY_CLIENTID": "c", "ARMORY_CLIENTSECRET": "t"},
        Credential("b", "t"),
    ),
    "id alone": (Options(client_id="a"), {}, Credential("a")),
    "nothing": (Options(), {}, Credential()),
    "file without a client": (Options(), {"FAIRLEAD_CLIENT_SECRET_FILE": "/nowhere"}, Credential()),
}


@pytest.mark.parametrize("name", CASES)
def test_credential_comes_from_somewhere(name: str) -> None:
    options, environ, expected = CASES[name]
    assert given(options, environ) == expected


def test_secret_is_not_shown_by_accident() -> None:
    assert "hidden" not in repr(Credential("ci", "hidden"))


async def shown(options: Options, environ: dict[str, str], place: Place) -> str:
    return await access(options, place, environ).token()


async def test_given_token_wins(tmp_path: Path) -> None:
    kept.change(lambda logins: logins.with_(a_login()), home(tmp_path))
    place = Place(SERVER, "given", is_given=True)
    assert await shown(Options(token="given", client_id="a", client_secret="s"), home(tmp_path), place) == "given"


@pytest.mark.parametrize(
    ("options", "server", "token"),
    [
        (Options(), SERVER, "up's"),
        (Options(client_id="machine.main.ci"), SERVER, "mine"),
        (Options(server=SERVER), SERVER, "mine"),
        (Options(server="https://other.example"), "https://other.example", "up's"),
    ],
)
async def test_up_counts_in_its_folder_unless_a_server_is_named(
    tmp_path: Path, options: Options, server: str, token: str
) -> None:
    login = Login(SERVER, SERVER, "machine.main.ci", "mine", datetime.max.replace(tzinfo=UTC), AT, "r")
    kept.change(lambda logins: logins.with_(login), home(tmp_path))
    assert await shown(options, home(tmp_path), Place(server, "up's")) == token


@pytest.mark.parametrize("options", [Options(), Options(client_id="machine.main.other")])
def test_nobody_is_told_to_log_in(tmp_path: Path, options: Options) -> None:
    with pytest.raises(Stop) as stop:
        access(options, Place(SERVER), home(tmp_path))
    assert (stop.value.code, f"login --server {SERVER}" in stop.value.hints[0]) == (Exit.NOT_ALLOWED, True)


@pytest.mark.parametrize(("life", "early"), [(3600, 300), (60, 12)])
def test_renewal_is_due_before_the_end(life: int, early: int) -> None:
    found = held(Granted("t", life), AT)
    assert (found.expires_at - AT, found.expires_at - found.renew_at) == (timedelta(seconds=life), timedelta(0, early))


def failing(code: Exit) -> Renew:
    async def renew() -> Held:
        raise Stop(code, "no")

    return renew


async def test_absent_issuer_is_borne_until_the_end() -> None:
    clock = VirtualClock()
    hour = timedelta(hours=1)
    one = Access(Held("t", START, START + hour), failing(Exit.UNREACHABLE), clock)
    assert await one.token() == "t"
    clock.pass_by(3600)
    with pytest.raises(Stop):
        await one.token()


async def test_ended_login_is_not_borne() -> None:
    one = Access(Held("t", START, START + timedelta(hours=1)), failing(Exit.NOT_ALLOWED), VirtualClock())
    with pytest.raises(Stop):
        await one.token()


async def test_refused_token_without_another_is_final() -> None:
    assert not await Access(Held("t")).refused()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://cd.example", False),
        ("http://127.0.0.1:8080", False),
        ("http://localhost:8080", False),
        ("http://[::1]:8080", False),
        ("http://cd.example", True),
        ("http://10.0.0.1", True),
    ],
)
def test_plain_way_is_noticed(url: str, expected: bool) -> None:
    assert is_in_the_clear(url) is expected
