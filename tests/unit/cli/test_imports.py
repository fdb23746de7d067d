"""What the command line and the agent do not carry along."""

import subprocess
import sys
from pathlib import Path

HEAVY = {"nats", "grpc", "kubernetes_asyncio", "structlog", "prometheus_client", "cryptography"}


def loaded(*modules: str) -> set[str]:
    code = f"import sys, {', '.join(modules)}; print(' '.join(sys.modules))"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


ONE_REQUEST = ("cli.commands.deploy", "cli.deploying.starting", "cli.deploying.steering", "cli.server.agents")


def test_client_stays_light() -> None:
    assert loaded("cli.app", *ONE_REQUEST, "cli.deploying.watch").isdisjoint(HEAVY)


def test_one_request_needs_no_large_client() -> None:
    assert loaded(*ONE_REQUEST).isdisjoint(HEAVY | {"aiohttp"})


def test_start_needs_no_network() -> None:
    assert loaded("cli.app", "cli.commands.validate").isdisjoint(HEAVY | {"aiohttp", "asyncio"})


def test_version_needs_nothing() -> None:
    assert loaded("cli.__main__").isdisjoint(HEAVY | {"aiohttp", "cyclopts", "rich", "msgspec"})


def test_agent_stays_small() -> None:
    assert loaded("agent.__main__").isdisjoint({"nats", "kubernetes_asyncio", "cryptography", "jwt", "cyclopts"})
