"""Secrets that are handed in to the bootstrap."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from libs.runtime.secret import Secret
from services.identity.handlers import bootstrap
from tests.e2e.processes import ROOT, environment
from tests.integration.identity.world import World


@pytest.mark.feature("F16")
async def test_handed_secret_is_the_clients(world: World) -> None:
    handed = {"agent.main.edge": Secret("h" * 40)}
    made = await bootstrap(world.store, world.clock, Random(1), ("edge", "other"), handed)
    assert made["other"].secret != made["edge"].secret
    assert (await world.token_for("agent.main.edge", "h" * 40))[0] == 200


def test_secret_that_is_easily_guessed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "machine.main.admin").write_text("admin\n")
    settings = {"BOOTSTRAP_SECRETS": str(tmp_path), "BOOTSTRAP_AGENTS": "edge", "GATEWAY_ADDRESS": "gateway:8443"}
    done = subprocess.run(
        [sys.executable, "-m", "services.bootstrap"],
        cwd=ROOT,
        env=environment(STATE_DIR=str(tmp_path / "state"), LOG_FORMAT="text", **settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "machine.main.admin: a secret has at least 32 characters" in done.stderr
