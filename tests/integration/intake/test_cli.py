"""The command line as scripts see it: processes, exit codes, what is on stdout and what on stderr."""

import asyncio
import os
import re
import shlex
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from cli.exits import Exit
from libs.deployment.state import Phase, TargetPhase
from libs.messages.deployment import (
    ApproveGate,
    DeploymentFailed,
    DeploymentStarted,
    DeploymentSucceeded,
    TargetEnded,
    TargetStarted,
)
from libs.messages.gate import GatePassed
from libs.messages.run import Place
from tests.builders import a_deployment, a_target, an_approval
from tests.integration.conftest import Open
from tests.integration.intake.test_decisions import Owner
from tests.integration.intake.world import FILE, MANIFEST, World, place_of, world


class Ended(Struct, frozen=True):
    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deploy.yml").write_text(FILE)
    (tmp_path / "shop.yml").write_text(MANIFEST)
    (tmp_path / "wrong.yml").write_text(FILE.replace("weight: 50", "weight: 150"))
    return tmp_path


async def spawn(folder: Path, *arguments: str, w: World | None = None, token: str | None = None) -> Process:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FAIRLEAD_")}
    if w:
        environ |= {"FAIRLEAD_SERVER": w.url, "FAIRLEAD_TOKEN": w.token() if token is None else token}
    command = (sys.executable, "-m", "cli", *arguments)
    environ["PYTHONPATH"] = str(Path(__file__).parents[3])
    return await asyncio.create_subprocess_exec(*command, cwd=folder, env=environ, stdout=PIPE, stderr=PIPE)


async def ended(process: Process) -> Ended:
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    assert "Traceback" not in err.decode()
    return Ended(process.returncode or 0, out.decode(), err.decode())


async def next_line(process: Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(20):
        return (await process.stdout.readline()).decode()


async def cli(folder: Path, *arguments: str, w: World | None = None, token: str | None = None) -> Ended:
    return await ended(await spawn(folder, *arguments, w=w, token=token))


@pytest.mark.feature("F171")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("fairlead dep", ["deploy"]),
        ("fairlead deploy re", ["reject", "resume", "redeploy"]),
        ("fairlead deploy start --wat", ["--watch"]),
        ("fairlead deploy start -f wr", ["wrong.yml"]),
        ("fairlead validate --file sh", ["shop.yml"]),
    ],
)
async def test_shell_completes(folder: Path, typed: str, offered: list[str]) -> None:
    (folder / "completion").write_text((await cli(folder, "completion", "bash")).out)
    script = f"source completion; COMP_WORDS=({typed}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _fairlead; "
    shell = await asyncio.create_subprocess_exec(
        "bash", "-c", script + 'echo "${COMPREPLY[@]}"', cwd=folder, stdout=PIPE
    )
    out, _ = await shell.communicate()
    assert out.decode().split() == offered


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("--version", Exit.DONE),
        ("version -o json", Exit.DONE),
        ("-o yaml version", Exit.DONE),
        ("--help", Exit.DONE),
        ("deploy start --help", Exit.DONE),
        ("completion bash", Exit.DONE),
        ("validate -f deploy.yml", Exit.DONE),
        ("validate -f wrong.yml", Exit.WRONG),
        ("validate -f missing.yml", Exit.WRONG),
        ("validate", Exit.WRONG),
        ("deploy strat", Exit.WRONG),
        ("deploy list --limit many", Exit.WRONG),
        ("deploy watch --timeout=-1 --server http://127.0.0.1:1 --token x", Exit.WRONG),
        ("deploy start -f deploy.yml --timeout nan --server http://127.0.0.1:1 --token x", Exit.WRONG),
        ("deploy start -f deploy.yml --timeout 5 --server http://127.0.0.1:1 --token x", Exit.WRONG),
        ("deploy undo --timeout 5 --server http://127.0.0.1:1 --token x", Exit.WRONG),
        ("deploy list --server 127.0.0.1:1 --token x", Exit.WRONG),
        ("deploy abandon 0a1b2c --server http://127.0.0.1:1 --token x", Exit.WRONG),
        ("deploy abandon 0a1b2c --reason gone --server http://127.0.0.1:1 --token x", Exit.UNREACHABLE),
        ("deploy list", Exit.UNREACHABLE),
        ("deploy status ../agents --server http://127.0.0.1:1 --token x", Exit.WRONG),
        ("deploy list --server http://127.0.0.1:1 --token x", Exit.UNREACHABLE),
        ("deploy list --server http://127.0.0.1:1", Exit.NOT_ALLOWED),
        ("deploy start -f wrong.yml --server http://127.0.0.1:1 --token x", Exit.WRONG),
    ],
)
async def test_exit_code_needs_no_server(folder: Path, arguments: str, code: Exit) -> None:
    assert (await cli(folder, *arguments.split())).code == code


async def shell(folder: Path, command: str) -> Ended:
    """With `fairlead` in place of the program."""
    environ = dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[3])}
    line = f'fairlead() {{ "{sys.executable}" -m cli "$@"; }}; {command}'
    return await ended(
        await asyncio.create_subprocess_exec("bash", "-c", line, cwd=folder, env=environ, stdout=PIPE, stderr=PIPE)
    )


@pytest.mark.parametrize(
    "command", ["--version", "version -o json", "--help", "deploy --help", "completion bash", "validate -f deploy.yml"]
)
@pytest.mark.parametrize(("where", "why"), [(">/dev/full", "No space left on device"), (">&-", "it is closed")])
async def test_output_that_cannot_be_written_is_told(folder: Path, command: str, where: str, why: str) -> None:
    result = await shell(folder, f"fairlead {command} {where}")
    told = f"fairlead: standard output cannot be written: {why}\n  see where it leads to\n"
    assert (result.code, result.err) == (Exit.FAILED, told)


async def test_reader_that_has_enough_is_no_error(folder: Path) -> None:
    result = await shell(folder, "fairlead completion bash | head -1")
    assert (result.code, result.err) == (Exit.DONE, "")


@pytest.mark.parametrize("numbers", [("--step", "0"), ("--gate=0",), ("--step=-1",)])
async def test_nobody_counts_from_zero(folder: Path, numbers: tuple[str, ...]) -> None:
    result = await cli(folder, "deploy", "approve", *numbers, "--server", "http://127.0.0.1:1", "--token", "x")
    assert (result.code, "counted from 1" in result.err) == (Exit.WRONG, True)


@pytest.mark.parametrize(
    ("typed", "told", "helps"),
    [
        ("deploy strat", 'Did you mean "start"?', "deploy --help lists the commands"),
        ("help", 'Did you mean "--help"?', "fairlead --help lists the commands"),
        ("deploy start foo.yml", "'foo.yml' is one argument too many.", "deploy start --help shows"),
        ("deploy watch --timeout abc", "--timeout takes a number, not 'abc'.", "deploy watch --help shows"),
        ("deploy list --limit many", "--limit takes a whole number, not 'many'.", "deploy list --help shows"),
        ("agent show", "NAME is needed.", "agent show --help shows"),
        ("validate", "--file is needed.", "fairlead validate --help shows"),
    ],
)
async def test_misuse_names_its_help(folder: Path, typed: str, told: str, helps: str) -> None:
    result = await cli(folder, *typed.split())
    assert (told in result.err, helps in result.err) == (True, True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("deploy", "abort", ""), "argument 3 is empty"),
        (("deploy", "status", "-i", " "), "-i was given nothing"),
        (("deploy", "list", "--application="), "--application was given nothing"),
        (("deploy", "start", "-f", "deploy.yml", "--target", ""), "--target was given nothing"),
        (("validate", "-f", ""), "-f was given nothing"),
        (("--server", "", "deploy", "list"), "--server was given nothing"),
        (("login", "--client-id", ""), "--client-id was given nothing"),
        (("",), "argument 1 is empty"),
    ],
)
async def test_empty_argument_is_not_left_out(
    memory: Open, folder: Path, arguments: tuple[str, ...], told: str
) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await w.start()
        result = await cli(folder, *arguments, w=w)
        assert (result.code, result.out, told in result.err) == (Exit.WRONG, "", True)


async def test_problem_has_its_place(folder: Path) -> None:
    result = await cli(folder, "validate", "-f", "wrong.yml")
    assert (
        result.err
        == "wrong.yml:14:31: strategies.careful.canary.steps[0].setWeight.weight: must be 0 to 100, not 150\n"
    )
    assert result.out == "wrong.yml is not valid\n"


@pytest.mark.feature("F163")
async def test_validate_speaks_json(folder: Path) -> None:
    result = await cli(folder, "validate", "-f", "wrong.yml", "-o", "json")
    document = msgspec.json.decode(result.out)
    assert (document["valid"], document["problems"][0]["line"]) == (False, 14)


async def test_missing_manifest_lists_where(folder: Path) -> None:
    (folder / "shop.yml").unlink()
    result = await cli(folder, "validate", "-f", str(folder / "deploy.yml"))
    assert result.code == Exit.WRONG
    assert f"(tried {folder}/shop.yml, shop.yml)" in result.err


async def test_start_prints_only_the_id(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        result = await cli(folder, "deploy", "start", "-f", "deploy.yml", w=w)
        (only,) = (await w.call("GET", "/deployments"))[1]["deployments"]
        assert (result.code, result.out) == (Exit.DONE, f"{only['id']}\n")
        assert "warning: agent prod is not connected" in result.err


async def test_file_comes_from_stdin(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        environ = {**os.environ, "FAIRLEAD_SERVER": w.url, "FAIRLEAD_TOKEN": w.token()}
        environ["PYTHONPATH"] = str(Path(__file__).parents[3])
        command = (sys.executable, "-m", "cli", "deploy", "start", "-f", "-")
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=environ, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        await process.communicate(FILE.encode())
        assert process.returncode == Exit.DONE


async def test_wrong_phase_names_phases(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        result = await cli(folder, "deploy", "list", "--phase", "bogus", w=w)
        assert result.code == Exit.WRONG
        assert "active, accepted, queued, planning, running" in result.err


@pytest.mark.feature("F162")
async def test_in_progress_is_three(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        first = await w.start()
        result = await cli(folder, "deploy", "start", "-f", "deploy.yml", w=w)
        assert (result.code, result.out) == (Exit.IN_PROGRESS, "")
        assert f"fairlead deploy watch {first}" in result.err


@pytest.mark.parametrize("token", ["nonsense", "viewer"])
async def test_not_allowed_is_four(memory: Open, folder: Path, token: str) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        given = w.token("viewer") if token == "viewer" else token
        result = await cli(folder, "deploy", "start", "-f", "deploy.yml", w=w, token=given)
        assert result.code == Exit.NOT_ALLOWED
        assert ("what was given as the token is none" in result.err) == (token == "nonsense")


async def play(w: World, deployment: str, phase: Phase) -> None:
    """A whole deployment, as its owner tells it."""
    place = place_of(deployment)
    await w.commits(place, a_deployment(), DeploymentStarted(application="shop", targets=("prod",), by="ann"))
    await w.says(place, TargetStarted(target="prod"))
    if phase is Phase.SUCCEEDED:
        target = a_target(phase=TargetPhase.SUCCEEDED)
        await w.commits(place, a_deployment(target, phase=phase), DeploymentSucceeded())
    else:
        target = a_target(phase=TargetPhase.ROLLED_BACK, reason="pods are not ready")
        ended = TargetEnded(target="prod", phase="rolled_back", reason="too slow")
        failed = a_deployment(target, phase=phase, reason="prod: too slow")
        await w.commits(place, failed, ended, DeploymentFailed(reason="prod: too slow"))


@pytest.mark.parametrize(("phase", "code"), [(Phase.SUCCEEDED, Exit.DONE), (Phase.FAILED, Exit.FAILED)])
async def test_watch_ends_as_deployment(memory: Open, folder: Path, phase: Phase, code: Exit) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        watching = await spawn(folder, "deploy", "watch", w=w)
        await play(w, deployment, phase)
        result = await ended(watching)
        assert result.code == code
        stamps = [line.partition("  ")[0] for line in result.out.splitlines()]
        assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", one) for one in stamps), stamps
        lines = [line.partition("  ")[2] for line in result.out.splitlines()]
        assert lines[:2] == ["shop is deployed by ann", "prod: begins"]
        last = "shop succeeded" if phase is Phase.SUCCEEDED else "shop failed: prod was rolled back"
        assert lines[-1] == last


class Wire:
    """A way to the server that can be cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: set[asyncio.StreamWriter] = set()
        self.opened = 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        there = await asyncio.open_connection("127.0.0.1", self._port)
        self._ends |= {writer, there[1]}
        await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))

    def cut(self) -> None:
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def test_cut_watch_goes_on(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        place = place_of(deployment)
        wire = Wire(int(w.url.rpartition(":")[2]))
        async with await asyncio.start_server(wire.carry, "127.0.0.1", 0) as server:
            w.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            watching = await spawn(folder, "deploy", "watch", deployment, w=w)
            lines = []
            for number in range(4):
                await w.says(place, TargetStarted(target=f"t{number}"))
                lines.append((await next_line(watching)).split()[1])
                wire.cut()
            await w.commits(place, a_deployment(phase=Phase.SUCCEEDED), DeploymentSucceeded())
            result = await ended(watching)
        assert lines == ["t0:", "t1:", "t2:", "t3:"]
        assert (result.code, wire.opened > 4) == (Exit.DONE, True)
        assert [line.partition("  ")[2] for line in result.out.splitlines()] == ["the deployment succeeded"]


async def test_watch_speaks_json(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        await play(w, deployment, Phase.SUCCEEDED)
        result = await cli(folder, "deploy", "watch", deployment, "-o", "json", w=w)
        assert msgspec.json.decode(result.out)["phase"] == "succeeded"
        assert "prod: begins" in result.err


async def test_timeout_leaves_deployment_alone(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        result = await cli(folder, "deploy", "watch", "--timeout", "0.5", w=w)
        assert result.code == Exit.TIMEOUT
        assert result.err.splitlines()[-1].strip() == f"follow it again: fairlead deploy watch {deployment}"


async def test_interruption_says_how_to_go_on(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        await w.commits(
            place_of(deployment), a_deployment(), DeploymentStarted(application="shop", targets=(), by="ann")
        )
        watching = await spawn(folder, "deploy", "watch", w=w)
        await next_line(watching)
        watching.send_signal(signal.SIGINT)
        result = await ended(watching)
        assert result.code == Exit.INTERRUPTED
        assert result.err.splitlines()[-1].strip() == f"follow it again: fairlead deploy watch {deployment}"


async def test_deaf_job_is_interrupted(memory: Open, folder: Path) -> None:
    """A shell starts its background jobs with SIGINT ignored."""
    async with memory() as p, world(p.store, p.bus) as w:
        await w.commits(
            place_of(await w.start()), a_deployment(), DeploymentStarted(application="shop", targets=(), by="ann")
        )
        environ = {**os.environ, "FAIRLEAD_SERVER": w.url, "FAIRLEAD_TOKEN": w.token()}
        environ["PYTHONPATH"] = str(Path(__file__).parents[3])
        command = f"trap '' INT; exec {sys.executable} -m cli deploy watch"
        watching = await asyncio.create_subprocess_shell(command, cwd=folder, env=environ, stdout=PIPE, stderr=PIPE)
        await next_line(watching)
        watching.send_signal(signal.SIGINT)
        assert (await ended(watching)).code == Exit.INTERRUPTED


@pytest.mark.parametrize(("phase", "code"), [(Phase.SUCCEEDED, Exit.DONE), (Phase.FAILED, Exit.FAILED)])
async def test_status_tells_failure(memory: Open, folder: Path, phase: Phase, code: Exit) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await play(w, await w.start(), phase)
        result = await cli(folder, "deploy", "status", w=w)
        assert (result.code, str(phase) in result.out) == (code, True)


async def test_approve_finds_what_waits(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus, answer_seconds=20) as w:
        waiting = a_target(phase=TargetPhase.BEFORE, before=(an_approval(),))
        deployment = await w.start()
        await w.commits(place_of(deployment), a_deployment(waiting))
        approving = await spawn(folder, "deploy", "approve", w=w)
        order = await Owner(w).answers(GatePassed(target="prod", place=Place("before", 0), by="ann"))
        result = await ended(approving)
        assert (result.code, result.out) == (Exit.DONE, f"target prod of deployment {deployment}: approved\n")
        assert isinstance(order, ApproveGate)


async def test_step_has_the_number_that_was_shown(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus, answer_seconds=20) as w:
        waiting = a_target(phase=TargetPhase.BEFORE, before=(an_approval(), an_approval()))
        await w.commits(place_of(await w.start()), a_deployment(waiting))
        unclear = await cli(folder, "deploy", "approve", w=w)
        assert "stage before, step 1; target prod, stage before, step 2" in unclear.err
        approving = await spawn(folder, "deploy", "approve", "--step", "2", w=w)
        order = await Owner(w).answers(GatePassed(target="prod", place=Place("before", 1), by="ann"))
        assert isinstance(order, ApproveGate)
        assert (order.step, (await ended(approving)).code) == (1, Exit.DONE)


async def test_nothing_to_approve_is_said(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await w.commits(place_of(await w.start()), a_deployment())
        result = await cli(folder, "deploy", "approve", w=w)
        assert result.code == Exit.FAILED
        assert "nothing waits for a decision" in result.err


@pytest.mark.parametrize(
    ("typed", "status", "code", "exit_code"),
    [
        ("deploy approve", 409, "nothing_awaits", Exit.FAILED),
        ("deploy status 00000000-0000-4000-8000-000000000000", 404, "not_found", Exit.FAILED),
        ("agent show nope", None, "failed", Exit.FAILED),
        ("deploy status 0f", None, "wrong", Exit.WRONG),
    ],
)
async def test_refusal_is_a_document_where_one_is_read(
    memory: Open, folder: Path, typed: str, status: int | None, code: str, exit_code: Exit
) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await w.commits(place_of(await w.start()), a_deployment())
        result = await cli(folder, *typed.split(), "-o", "json", w=w)
        said = msgspec.json.decode(result.err)
        assert (result.code, result.out, said.get("status"), said["code"]) == (exit_code, "", status, code)
        assert said["title"]


async def test_short_beginning_is_told(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        result = await cli(folder, "deploy", "start", "-i", "0f", w=w)
        assert (result.code, "3 characters are needed" in result.err) == (Exit.WRONG, True)


async def test_several_under_way_are_named(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        ids = [await w.start(application=f"app-{number}") for number in range(2)]
        result = await cli(folder, "deploy", "abort", w=w)
        assert result.code == Exit.WRONG
        assert all(one in result.err for one in ids)


async def test_next_page_goes_on_with_the_same_list(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        first, _ = await w.start(application="the shop"), await w.start(application="other")
        await play(w, first, Phase.SUCCEEDED)
        second = await w.start(application="the shop")
        page = await cli(folder, "deploy", "list", "-n", "the shop", "--since", "1h", "--limit", "1", w=w)
        typed = page.err.removeprefix("more: fairlead ").strip()
        rest = await cli(folder, *shlex.split(typed), w=w)
        assert (second in page.out, first in rest.out, len(rest.out.splitlines())) == (True, True, 2)
        assert re.search(r"-n 'the shop' --since \d{4}-\d\d-\d\dT\S+ --limit 1 --cursor ", typed)


async def test_list_is_a_table(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        result = await cli(folder, "deploy", "list", w=w)
        header, row = result.out.splitlines()
        assert header.split()[:3] == ["ID", "APPLICATION", "PHASE"]
        assert row.split()[:3] == [deployment, "shop", "accepted"]


@pytest.mark.feature("F167")
async def test_agents_are_made_and_listed(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        made = await cli(folder, "agent", "create", "edge", w=w)
        assert "FAIRLEAD_AGENT_CLIENT_ID=agent.main.edge" in made.out
        listed = await cli(folder, "agent", "list", w=w)
        assert [line.split()[:2] for line in listed.out.splitlines()[1:]] == [["edge", "away"], ["prod", "away"]]


async def test_only_what_asks_is_approved(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        asking, other = [await w.start(application=f"app-{number}") for number in range(2)]
        waiting = a_target(phase=TargetPhase.BEFORE, before=(an_approval(),))
        await w.commits(place_of(asking), a_deployment(waiting))
        await w.commits(place_of(other), a_deployment())
        explained = await cli(folder, "deploy", "explain", "-o", "json", w=w)
        assert msgspec.json.decode(explained.out)["id"] == asking
        await w.commits(place_of(other), a_deployment(waiting))
        result = await cli(folder, "deploy", "approve", w=w)
        assert result.code == Exit.WRONG
        assert all(f"fairlead deploy approve {one}" in result.err for one in (asking, other))
