import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from libs.runtime.clock import SystemClock
from sandbox.server import Options, serve
from sandbox.state.journal import CorruptJournal, Journal
from sandbox.state.store import Ref, Store
from tests.sandbox.process import ROOT, Kubectl, sandbox_process

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


def config_map(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"}}


async def create(url: str, name: str) -> dict[str, Any]:
    async with aiohttp.request("POST", url + CONFIG_MAPS, json=config_map(name)) as answer:
        return await answer.json()  # type: ignore[no-any-return]


async def listed(url: str) -> list[dict[str, Any]]:
    async with aiohttp.request("GET", url + CONFIG_MAPS) as answer:
        return (await answer.json())["items"]  # type: ignore[no-any-return]


async def test_killed_cluster_goes_on_where_it_was(tmp_path: Path) -> None:
    state = ("--state-dir", str(tmp_path / "state"))
    with sandbox_process(tmp_path, *state) as (process, url):
        last = [await create(url, f"c{number}") for number in range(50)][-1]
        before = await listed(url)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with sandbox_process(tmp_path, *state, port=urlsplit(url).port or 0) as (_, again):
        after = await listed(again)
        new = await create(again, "next")
    assert (again, after) == (url, before)
    assert int(new["metadata"]["resourceVersion"]) > int(last["metadata"]["resourceVersion"])
    assert new["metadata"]["uid"] not in {item["metadata"]["uid"] for item in before}


async def test_watch_from_before_a_restart_has_expired(tmp_path: Path) -> None:
    state = ("--state-dir", str(tmp_path / "state"))
    with sandbox_process(tmp_path, *state) as (_, url):
        await create(url, "one")
    with sandbox_process(tmp_path, *state, port=urlsplit(url).port or 0):
        async with aiohttp.request("GET", f"{url}{CONFIG_MAPS}?watch=1&resourceVersion=1") as answer:
            frame = json.loads(await answer.content.readline())
    assert (frame["type"], frame["object"]["code"]) == ("ERROR", 410)


def test_unfinished_rollout_ends_after_a_kill(tmp_path: Path) -> None:
    state = ("--state-dir", str(tmp_path / "state"))
    with sandbox_process(tmp_path, *state) as (_, url):
        Kubectl(tmp_path).output("create", "deployment", "web", "--image=shop/web:1", "--replicas=5")
    with sandbox_process(tmp_path, *state, port=urlsplit(url).port or 0):
        Kubectl(tmp_path).output("rollout", "status", "deployment/web", "--timeout=60s")


def put(store: Store, name: str) -> None:
    store.put("configmaps", {"metadata": {"name": name, "namespace": "default", "uid": name}})


def test_torn_line_is_forgotten(tmp_path: Path) -> None:
    store = Store()
    journal = Journal(tmp_path, store)
    put(store, "one")
    put(store, "two")
    journal.close()
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    again = Store()
    Journal(tmp_path, again).close()
    assert again.get(Ref("configmaps", "default", "one"))
    assert again.get(Ref("configmaps", "default", "two")) is None
    assert again.revision == 1


def test_rewritten_journal_keeps_the_revision(tmp_path: Path) -> None:
    store = Store()
    journal = Journal(tmp_path, store)
    for number in range(2000):
        put(store, f"c{number % 10}")
    store.put("configmaps", {"metadata": {"name": "big", "namespace": "default", "uid": "b"}, "data": "x" * 9_000_000})
    store.remove(Ref("configmaps", "default", "c0"))
    journal.close()
    lines = (tmp_path / "journal.jsonl").read_bytes().count(b"\n")
    again = Store()
    Journal(tmp_path, again).close()
    assert lines < 20
    assert (again.revision, again.get(Ref("configmaps", "default", "c0"))) == (store.revision, None)
    assert sorted(ref for ref, _ in again.everything()) == sorted(ref for ref, _ in store.everything())


def test_taken_port_is_told_in_a_line(tmp_path: Path) -> None:
    with sandbox_process(tmp_path) as (_, url):
        command = [sys.executable, "-m", "sandbox", "--port", str(urlsplit(url).port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("sandbox: cannot start: ")
    assert done.stderr.count("\n") == 1


def test_broken_journal_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(b"nonsense\n")
    with pytest.raises(CorruptJournal, match=r"journal\.jsonl, byte 0"):
        Journal(tmp_path, Store())


async def test_error_of_the_block_comes_out_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        async with serve(Options(), SystemClock()):
            raise ZeroDivisionError
