"""The demonstration is the first thing that anybody runs."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from cli.demo.chapters.analysis import VARIABLE
from cli.demo.place import NAMESPACES
from cli.local.children import Child
from tests.e2e.lent import lent
from tests.e2e.person import PATIENCE
from tests.e2e.processes import FAIRLEAD, ROOT, Running, environment
from tests.waiting import eventually
from tools.prometheus import Missing, find

CANARY = (
    "1. Version 1",
    "staging: the new version is up",
    "shop succeeded",
    "2. Version 2",
    "staging: goes to 25 %",
    "prod: waits for approval before it begins",
    "prod: approved by machine.main.admin",
    "shop succeeded",
    "3. Version 3",
    "staging: waits: ReplicaSet",
    "staging: goes back: not done within 12 s",
    "staging: rolled back: what was there before is back",
    "shop failed: staging",
)
CONFIGURATION = (
    "4. What belongs to no single release",
    "Created role: designer",
    "Created metric provider: prometheus",
    "clientId=machine.main.ann",
    "clientId=machine.main.ci",
)
BLUE_GREEN = (
    "5. Blue/green",
    "catalog succeeded",
    "staging: waits for approval by designer",
    "the Service catalog leads to 1.27-alpine",
    "the Service catalog-preview leads to 1.28-alpine",
    "staging: approved by machine.main.ann",
    "staging: traffic goes to the new version",
    "staging: the old version is shut down",
    "catalog succeeded",
    "the Service catalog leads to 1.28-alpine",
)
WEBHOOK = (
    "6. Version 4",
    "staging: webhook test suite answered; its callback is awaited",
    "staging: passed: suite smoke: 41 of 41 passed",
    "shop succeeded",
    "machine.main.ci called back that it failed: suite load: 38 of 41 passed",
    "staging: rolled back: what was there before is back",
    "shop failed: staging",
)
ANALYSIS = (
    "7. Version 5",
    "staging: passed: failed-percent 0.4 <= 2 (mean of 2: 0.4, 0.4)",
    "shop succeeded",
    "staging: analysis failed: run 1 of 2: failed-percent 8 > 2",
    "shop failed: staging",
)
LEFT_OUT = ("the chapter about analysis is left out",)
END = (
    "What the clusters themselves say",
    "staging: 4 pods ready of shop, docker.io/nginxinc/nginx-unprivileged:1.28-alpine",
    "staging: 3 pods ready of catalog, docker.io/nginxinc/nginx-unprivileged:1.28-alpine",
    "prod: 4 pods ready of shop, docker.io/nginxinc/nginx-unprivileged:1.28-alpine",
    "Everything was as told",
)


def prometheus() -> str:
    try:
        return str(find())
    except Missing:
        return ""


def played(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = {"TMPDIR": str(folder), "COLUMNS": "400", VARIABLE: prometheus()}
    return subprocess.run(
        [FAIRLEAD, "demo", *arguments],
        cwd=ROOT,
        env={**environment(), **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )


def left_in(folder: Path) -> list[Path]:
    return list(folder.glob("fairlead-demo-*"))


def assert_told(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    at = 0
    for line in (*CANARY, *CONFIGURATION, *BLUE_GREEN, *WEBHOOK, *(ANALYSIS if prometheus() else LEFT_OUT), *END):
        at = done.stdout.find(line, at)
        assert at >= 0, f"{line!r} is missing, or not where it belongs, in:\n{done.stdout}"
        at += len(line)


@pytest.mark.timeout(240)
@pytest.mark.feature("F38", "F40", "F60", "F72", "F80", "F81", "F82", "F83", "F90", "F91", "F98", "F99", "F101", "F114")
def test_demonstration_goes_as_told(tmp_path: Path) -> None:
    done = played(tmp_path)
    assert_told(done)
    assert "\x1b" not in done.stdout + done.stderr, "colours are for terminals"
    assert not left_in(tmp_path), "it leaves nothing behind"


@pytest.mark.timeout(240)
@pytest.mark.feature("F2", "F27", "F47")
async def test_lent_cluster_is_left_as_it_was(tmp_path: Path) -> None:
    async with lent(tmp_path) as cluster:
        before = await cluster.namespaces()
        done = await asyncio.to_thread(played, tmp_path, "--kubeconfig", str(cluster.kubeconfig), "--yes")
        assert_told(done)
        assert await cluster.namespaces() == before
        written = await cluster.written()
    elsewhere = {path for path in written if not set(path.split("/")) & set(NAMESPACES.values())}
    assert elsewhere == {"/api/v1/namespaces"}, "only the namespaces themselves are made outside of them"


async def test_ended_half_way_it_tidies_up(tmp_path: Path) -> None:
    async with lent(tmp_path) as cluster:
        before, log = await cluster.namespaces(), tmp_path / "demo.log"
        command = (str(FAIRLEAD), "demo", "--kubeconfig", str(cluster.kubeconfig), "--yes")
        running = Running(Child("demo", command, {**environment(), "TMPDIR": str(tmp_path)}, log))

        async def is_under_way() -> bool:
            assert running.is_alive, log.read_text()
            return "staging: goes to 25 %" in log.read_text()

        await eventually(is_under_way, PATIENCE)
        assert await cluster.namespaces() > before
        assert await asyncio.to_thread(running.stop) == 130
        assert await cluster.namespaces() == before
    assert not left_in(tmp_path)


async def test_lent_cluster_is_asked_for(tmp_path: Path) -> None:
    async with lent(tmp_path) as cluster:
        done = await asyncio.to_thread(played, tmp_path, "--kubeconfig", str(cluster.kubeconfig))
        assert done.returncode == 2
        assert "fairlead-demo-staging and fairlead-demo-prod" in done.stdout, "it says what it would make"
        assert await cluster.written() == set()


async def test_namespace_of_somebody_else_is_kept(tmp_path: Path) -> None:
    async with lent(tmp_path) as cluster:
        await cluster.make("fairlead-demo-prod")
        done = await asyncio.to_thread(played, tmp_path, "--kubeconfig", str(cluster.kubeconfig), "--yes")
        assert done.returncode == 1
        assert "the namespace fairlead-demo-prod cannot be made" in done.stderr
        found = await cluster.namespaces()
    assert "fairlead-demo-prod" in found
    assert "fairlead-demo-staging" not in found
