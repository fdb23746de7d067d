"""Ports that somebody else took between two starts."""

import asyncio
import socket
from functools import partial
from pathlib import Path

import pytest

from cli.exits import Exit, Stop
from cli.local.ports import require_free
from cli.local.stack import running

FILE = Path("/state/ports.json")


def listening() -> tuple[socket.socket, int]:
    taken = socket.create_server(("127.0.0.1", 0))
    return taken, int(taken.getsockname()[1])


async def test_taken_port_is_told() -> None:
    taken, port = listening()
    with taken, pytest.raises(Stop) as stop:
        await require_free({"http": port}, FILE, patience=0)
    assert stop.value.code == Exit.FAILED
    assert stop.value.message == f"port {port} (ports.json) is taken: free it, or delete /state/ports.json"


async def test_port_let_go_is_waited_for() -> None:
    taken, port = listening()
    asyncio.get_running_loop().call_later(0.05, taken.close)
    await require_free({"http": port}, FILE, patience=10)
    assert taken.fileno() == -1


async def test_nothing_starts_beside_a_taken_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.local.stack.require_free", partial(require_free, patience=0))
    taken, port = listening()
    (tmp_path / "ports.json").write_text(f'{{"gateway": {port}}}')
    with taken, pytest.raises(Stop, match="is taken"):
        async with running(tmp_path, lambda _: None):
            raise AssertionError
    assert list((tmp_path / "logs").iterdir()) == []
    assert not (tmp_path / "nats").exists()
