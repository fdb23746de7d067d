"""Ctrl-C ends a command, whatever the libraries in between make of a cancellation."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from cli import interruption


async def stubborn() -> None:
    """Swallows the first cancellation, as a library with a fault would."""
    asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGINT)
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        assert task is not None
        task.uncancel()
    await asyncio.Event().wait()


def test_swallowed_cancellation_is_repeated() -> None:
    with pytest.raises(KeyboardInterrupt):
        interruption.run(stubborn())


def test_handler_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    assert interruption.run(asyncio.sleep(0, "done")) == "done"
    assert signal.getsignal(signal.SIGINT) is before


def test_deaf_background_job_listens() -> None:
    program = "import os, signal; from cli.app import listen; listen(); os.kill(os.getpid(), signal.SIGINT)"
    command = f"trap '' INT; exec {sys.executable} -c '{program}'"
    result = subprocess.run(["sh", "-c", command], capture_output=True, timeout=30, check=False)
    assert b"KeyboardInterrupt" in result.stderr
