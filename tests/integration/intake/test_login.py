"""Logging in as people and CI do it: processes, a file of logins, and a server that gives and takes tokens itself."""

import asyncio
import os
import pty
import signal
import stat
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from cli.exits import Exit
from cli.login.kept import Login, Logins
from cli.options import Up
from libs.auth import clients
from libs.auth.clients import Credential, NewClient
from libs.auth.http import guard, require_declared
from libs.auth.permissions import DEPLOYER
from libs.runtime import http
from libs.runtime.port import free_port
from libs.store.seal import Seal
from services.identity.http import routes as identity_routes
from services.identity.service import opened as identity_opened
from services.identity.settings import Settings
from services.intake.http import routes
from services.intake.service import opened, serve
from services.intake.settings import IntakeSettings
from tests.integration.conftest import Open, Ports
from tests.integration.intake.test_cli import Ended, ended
from tests.integration.intake.world import FILE, MANIFEST, World, a_process, serving

PAST = datetime(2020, 1, 1, tzinfo=UTC)


class Door(Struct, frozen=True):
    """A server that gives its own tokens, and what a person has of it."""

    url: str
    ci: Credential
    home: Path

    @property
    def file(self) -> Path:
        return self.home / "config" / "fairlead" / "logins.json"

    def logins(self) -> Logins:
        return msgspec.json.decode(self.file.read_bytes(), type=Logins)

    def keep(self, login: Login) -> None:
        self.file.write_bytes(msgspec.json.encode(Logins((login,), login.server)))

    async def cli(self, *arguments: str, typed: str = "", **environ: str) -> Ended:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FAIRLEAD_", "ARMORY_"))}
        place = {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config")}
        process = await create_subprocess_exec(
            *(sys.executable, "-m", "cli", *arguments),
            cwd=self.home,
            env=kept | place | {"PYTHONPATH": str(Path(__file__).parents[3])} | environ,
            stdin=PIPE if typed else DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )
        if process.stdin is not None:
            process.stdin.write(typed.encode())
            process.stdin.close()
        return await ended(process)

    async def on_terminal(self, *arguments: str) -> tuple[Process, int]:
        """The command as a person sees it, and the other end of its terminal."""
        mine, theirs = pty.openpty()
        place = {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config")}
        process = await create_subprocess_exec(
            *(sys.executable, "-m", "cli", *arguments),
            cwd=self.home,
            env=dict(os.environ) | place | {"PYTHONPATH": str(Path(__file__).parents[3])},
            stdin=theirs,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )
        os.close(theirs)
        return process, mine

    async def log_in(self) -> Ended:
        arguments = ("login", "--server", self.url, "-c", self.ci.client_id, "--secret-file", "-")
        return await self.cli(*arguments, typed=self.ci.secret.reveal())


@asynccontextmanager
async def a_door(p: Ports, home: Path) -> AsyncIterator[Door]:
    """Identity and intake behind one port, as they are in one process."""
    process, port = a_process(), free_port()
    settings = Settings(process=replace(process.settings, http_address=f"127.0.0.1:{port}"))
    app = http.application(process)
    async with (
        identity_opened(settings, process, p.store, Seal(bytes(32), Random(8))) as identity,
        opened(IntakeSettings(intake_answer_seconds=1), process, p.store, p.bus) as intake,
        serving(serve(intake)),
    ):
        app.middlewares.append(guard(identity.verifier, intake.intake.configuration.grants))
        app.add_routes(identity_routes(identity.identity, identity.terms))
        app.add_routes(routes(intake.intake))
        require_declared(app)
        ci = await clients.create(p.store, NewClient("main", "ci", (DEPLOYER,)), process.clock, process.random)
        await World(p.store, p.bus, process).register("prod")
        (home / "deploy.yml").write_text(FILE)
        (home / "shop.yml").write_text(MANIFEST)
        async with http.serve(app, settings.process.http_address):
            yield Door(f"http://127.0.0.1:{port}", ci, home)


@pytest.mark.feature("F153")
async def test_whole_way_in_and_out(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as door:
        before = await door.cli("deploy", "start", "-f", "deploy.yml", "--server", door.url)
        assert (before.code, f"login --server {door.url}" in before.err) == (Exit.NOT_ALLOWED, True)
        logged_in = await door.log_in()
        assert (logged_in.code, "machine.main.ci (tenant main; deployer)" in logged_in.out) == (Exit.DONE, True)
        started = await door.cli("deploy", "start", "-f", "deploy.yml")
        assert started.code == Exit.DONE, started.err
        assert (await door.cli("deploy", "status", started.out.strip())).code == Exit.DONE
        assert (await door.cli("logout")).out.startswith(f"logged out of {door.url}")
        after = await door.cli("deploy", "list", "--server", door.url)
        assert (after.code, after.out) == (Exit.NOT_ALLOWED, "")


async def test_login_is_for_its_owner_only(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as door:
        await door.log_in()
        assert [stat.S_IMODE(one.stat().st_mode) for one in (door.file, door.file.parent)] == [0o600, 0o700]
        assert door.ci.secret.reveal() not in door.file.read_text()


async def test_person_is_asked_and_the_secret_not_shown(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as door, asyncio.timeout(30):
        process, terminal = await door.on_terminal("login", "--server", door.url)
        assert process.stderr is not None
        await process.stderr.readuntil(b"client id: ")
        os.write(terminal, f"{door.ci.client_id}\n".encode())
        await process.stderr.readuntil(f"secret of {door.ci.client_id}: ".encode())
        os.write(terminal, f"{door.ci.secret.reveal()}\n".encode())
        result = await ended(process)
        shown = os.read(terminal, 4096).decode()
        os.close(terminal)
        assert (result.code, door.ci.client_id in shown, door.ci.secret.reveal() in shown) == (Exit.DONE, True, False)


async def test_interruption_ends_the_asking(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as door, asyncio.timeout(30):
        process, terminal = await door.on_terminal("login", "--server", door.url)
        assert process.stderr is not None
        await process.stderr.readuntil(b"client id: ")
        process.send_signal(signal.SIGINT)
        assert (await ended(process)).code == Exit.INTERRUPTED
        os.close(terminal)


async def test_token_is_renewed_in_time(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as door:
        await door.log_in()
        (login,) = door.logins().logins
        door.keep(replace(login, token="a.b.c", renew_at=PAST, expires_at=PAST))
        assert (await door.cli("deploy", "list")).code == Exit.DONE
        (renewed,) = door.logins().logins
        assert renewed.token not in ("a.b.c", login.token)
        assert renewed.renew_at < renewed.expires_at


async def test_token_that_is_refused_is_renewed(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as door:
        await door.log_in()
        (login,) = door.logins().logins
        door.keep(replace(login, token="a.b.c"))
        assert (await door.cli("agent", "list")).code == Exit.DONE


async def test_login_that_ended_says_what_to_do(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as door:
        await door.log_in()
        (login,) = door.logins().logins
        await door.cli("logout")
        door.keep(replace(login, renew_at=PAST))
        result = await door.cli("deploy", "list")
        assert (result.code, "has ended" in result.err, "login" in result.err) == (Exit.NOT_ALLOWED, True, True)


async def test_logging_out_reaches_the_server(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as door:
        await door.log_in()
        (login,) = door.logins().logins
        await door.cli("logout")
        form = {"grant_type": "refresh_token", "client_id": login.client_id, "refresh_token": login.refresh_token}
        async with aiohttp.ClientSession() as session, session.post(f"{door.url}/oauth/token", data=form) as response:
            assert response.status == 400
        assert door.logins() == Logins()


async def test_doctor_says_who_one_is_and_why(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as door:
        await door.log_in()
        (login,) = door.logins().logins
        (tmp_path / ".fairlead").mkdir()
        (tmp_path / ".fairlead" / "up.json").write_bytes(msgspec.json.encode(Up(door.url, login.token)))
        assert "by fairlead up's own token" in (await door.cli("doctor")).out
        assert f"by the login as {login.client_id}" in (await door.cli("doctor", "--server", door.url)).out
        assert f"to go as this login, add --server {door.url}" in (await door.log_in()).err


async def test_nothing_typed_ends_before_the_secret(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as door:
        process, terminal = await door.on_terminal("login", "--server", door.url)
        os.write(terminal, b"\n")
        result = await ended(process)
        os.close(terminal)
        assert (result.code, "nothing was typed" in result.err, "secret of" in result.err) == (Exit.WRONG, True, False)


async def test_several_servers_are_kept_apart(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as first, memory() as q, a_door(q, tmp_path) as second:
        for door in (first, second):
            assert (await door.log_in()).code == Exit.DONE
        assert [login.server for login in first.logins().logins] == [first.url, second.url]
        assert (await first.cli("deploy", "list", "-v")).err == f"GET {second.url}/api/v1/deployments?limit=20\n"
        assert (await first.cli("deploy", "list", "--server", first.url)).code == Exit.DONE
        assert len((await first.cli("logout", "--all")).out.splitlines()) == 2


@pytest.mark.parametrize("way", ["-c -s", "--clientId --clientSecret", "variables", "original variables", "file"])
@pytest.mark.feature("F154", "F174")
async def test_credential_is_enough_for_one_command(memory: Open, tmp_path: Path, way: str) -> None:
    async with memory() as p, a_door(p, tmp_path) as door:
        client_id, secret = door.ci.client_id, door.ci.secret.reveal()
        (tmp_path / "secret").write_text(f"{secret}\n")
        environ: Mapping[str, str] = {
            "variables": {"FAIRLEAD_CLIENT_ID": client_id, "FAIRLEAD_CLIENT_SECRET": secret},
            "original variables": {"ARMORY_CLIENTID": client_id, "ARMORY_CLIENT_SECRET": secret},
            "file": {"FAIRLEAD_CLIENT_ID": client_id, "FAIRLEAD_CLIENT_SECRET_FILE": str(tmp_path / "secret")},
        }.get(way, {})
        typed = [] if environ else [one for pair in zip(way.split(), (client_id, secret), strict=True) for one in pair]
        result = await door.cli("deploy", "start", "-f", "deploy.yml", "--server", door.url, *typed, **environ)
        assert (result.code, "list of processes" in result.err) == (Exit.DONE, bool(typed)), result.err
        assert not door.file.exists()


WRONG: dict[str, Any] = {
    "wrong secret": (["-c", "machine.main.ci", "-s", "wrong"], Exit.NOT_ALLOWED, "no client has this id"),
    "no secret": (["-c", "machine.main.ci"], Exit.WRONG, "no secret was given"),
    "no client": (["--secret-file", "deploy.yml"], Exit.WRONG, "no client was given"),
    "secret alone": (["-s", "x"], Exit.WRONG, "but no client"),
    "missing file": (["-c", "machine.main.ci", "--secret-file", "nowhere"], Exit.WRONG, "nowhere cannot be read"),
    "nobody there": (["-c", "x", "-s", "y", "--issuer", "http://127.0.0.1:1"], Exit.UNREACHABLE, "--issuer"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_wrong_login_says_why(memory: Open, tmp_path: Path, name: str) -> None:
    given, code, said = WRONG[name]
    async with memory() as p, a_door(p, tmp_path) as door:
        result = await door.cli("login", "--server", door.url, *given)
        assert (result.code, said in result.err, door.file.exists()) == (code, True, False), result.err


async def test_login_to_another_tenant_is_refused(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as door:
        given = ("-c", door.ci.client_id, "-s", door.ci.secret.reveal(), "-e", "sandbox")
        result = await door.cli("login", "--server", door.url, *given)
        assert (result.code, "belongs to the tenant main" in result.err) == (Exit.NOT_ALLOWED, True)
        assert not door.file.exists()


async def test_logging_out_twice_is_no_error(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as door:
        result = await door.cli("logout", "--server", door.url)
        assert (result.code, result.out) == (Exit.DONE, "nobody was logged in\n")


async def test_login_speaks_json(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, a_door(p, tmp_path) as door:
        arguments = ("login", "--server", door.url, "-c", door.ci.client_id, "--secret-file", "-", "-o", "json")
        document = msgspec.json.decode((await door.cli(*arguments, typed=door.ci.secret.reveal())).out)
        assert (document["tenant"], document["roles"], document["renews"]) == ("main", ["deployer"], True)
