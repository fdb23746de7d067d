"""Checking secrets: how many hashes run at once, what is remembered, what waits."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

import pytest

from libs.auth.clients import Client
from libs.auth.principal import Kind
from services.identity import check
from services.identity.check import MAX_WAITING, THREADS, Busy, SecretCheck, TooManyFailures
from tests.unit.auth.virtual import VirtualClock


class Hashes:
    """Counts the hashes that run, and holds them until a test lets them go."""

    def __init__(self) -> None:
        self.done = 0
        self.most = 0
        self.go_on = threading.Event()
        self._running = 0
        self._lock = threading.Lock()
        self.go_on.set()

    def matches(self, secret: str, client: Client) -> bool:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        self.go_on.wait(20)
        with self._lock:
            self._running -= 1
            self.done += 1
        return secret == client.name


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def hashes() -> Hashes:
    return Hashes()


@pytest.fixture
def checks(clock: VirtualClock, hashes: Hashes) -> Iterator[SecretCheck]:
    found = SecretCheck(hashes.matches, clock, Random(1))
    yield found
    hashes.go_on.set()
    found.close()


def a_client(name: str) -> Client:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    return Client(name, name, "main", Kind.AGENT, ("agent",), name.encode(), b"", at)


async def ask(checks: SecretCheck, name: str, secret: str | None = None, address: str = "a") -> bool:
    return await checks.is_right(name, a_client(name), name if secret is None else secret, address)


async def test_storm_runs_two_hashes_at_once(checks: SecretCheck, hashes: Hashes) -> None:
    assert all(await asyncio.gather(*(ask(checks, f"agent-{number}") for number in range(50))))
    assert (hashes.most <= THREADS, hashes.done) == (True, 50)


async def test_loop_goes_on_while_hashes_run(checks: SecretCheck, hashes: Hashes) -> None:
    hashes.go_on.clear()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        waiting = [group.create_task(ask(checks, f"agent-{number}")) for number in range(10)]
        for _ in range(100):
            await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        hashes.go_on.set()


async def test_same_secret_is_hashed_once(checks: SecretCheck, hashes: Hashes) -> None:
    await asyncio.gather(*(ask(checks, "agent") for _ in range(500)))
    assert hashes.done <= THREADS
    await ask(checks, "agent")
    assert hashes.done <= THREADS


async def test_memory_ends(checks: SecretCheck, hashes: Hashes, clock: VirtualClock) -> None:
    await ask(checks, "agent")
    clock.pass_by(900)
    await ask(checks, "agent")
    assert hashes.done == 2


async def test_wrong_secret_is_never_remembered(checks: SecretCheck, hashes: Hashes) -> None:
    assert not await ask(checks, "agent", "wrong")
    assert not await ask(checks, "agent", "wrong")
    assert hashes.done == 2


async def test_unknown_client_costs_a_hash_too(checks: SecretCheck, hashes: Hashes) -> None:
    assert not await checks.is_right("nobody", None, "", "a")
    assert hashes.done == 1


async def test_changed_hash_forgets_the_old_secret(checks: SecretCheck, hashes: Hashes) -> None:
    await ask(checks, "agent")
    at = datetime(2030, 1, 1, tzinfo=UTC)
    renewed = Client("agent", "agent", "main", Kind.AGENT, ("agent",), b"new salt", b"", at)
    await checks.is_right("agent", renewed, "agent", "a")
    assert hashes.done == 2


async def test_queue_is_bounded(checks: SecretCheck, hashes: Hashes) -> None:
    hashes.go_on.clear()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for number in range(MAX_WAITING):
            group.create_task(ask(checks, f"agent-{number}"))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await ask(checks, "one-more")
        hashes.go_on.set()


async def test_parallel_guesses_do_not_slip_past_the_limit(checks: SecretCheck, hashes: Hashes) -> None:
    guesses = (ask(checks, "agent", f"guess {number}") for number in range(100))
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(outcome, TooManyFailures) for outcome in outcomes) >= 100 - check.FREE_FAILURES - THREADS
    assert hashes.done <= check.FREE_FAILURES + THREADS


async def test_one_address_does_not_slow_another(checks: SecretCheck) -> None:
    for number in range(5):
        await ask(checks, "agent", f"guess {number}")
    with pytest.raises(TooManyFailures):
        await ask(checks, "agent", "guess")
    assert await ask(checks, "agent", address="b")


async def test_failures_are_forgiven_one_by_one(checks: SecretCheck, clock: VirtualClock) -> None:
    for number in range(5):
        await ask(checks, "agent", f"guess {number}")
    clock.pass_by(10)
    assert not await ask(checks, "agent", "guess")
    with pytest.raises(TooManyFailures):
        await ask(checks, "agent", "guess")


async def test_abandoned_wait_frees_its_place(checks: SecretCheck, hashes: Hashes) -> None:
    hashes.go_on.clear()
    for number in range(MAX_WAITING + 10):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await ask(checks, f"agent-{number}")
    hashes.go_on.set()
    assert await ask(checks, "agent")
