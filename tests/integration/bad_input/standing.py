"""One intake for many rows: what is refused leaves it as it was, and after anything else a new one is opened."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

from libs.auth import clients
from libs.auth.clients import NewClient
from libs.auth.principal import Kind
from libs.durable import record
from libs.durable.ports import Stored, Write
from libs.messages.run import Place, run_name
from libs.messages.subject import Key, state_subject
from libs.webhook.state import Phase, Run
from tests.integration.bad_input.background import Background
from tests.integration.conftest import Ports, memory_ports
from tests.integration.intake.world import TENANT, World, world

KEPT = ["state.>", "cmd.>"]
FOREIGN = "foreign"
"""An agent of another tenant."""
_GATE = Place(stage="strategy", step=1)
_RUN = run_name("prod", _GATE)
RUN = Key(TENANT, 3, "03000000-0000-8000-8000-00000000000d").of_target(_RUN)
"""A webhook run that waits for its callback."""


class Standing:
    def __init__(self, background: Background) -> None:
        self._background = background
        self._open = ExitStack()
        self._opened: tuple[Ports, World] | None = None

    @contextmanager
    def world(self) -> Iterator[World]:
        ports, w = self._opened = self._opened or self._open.enter_context(self._background.entered(_opened))
        before = self._kept(ports)
        try:
            yield w
        finally:
            if self._kept(ports) != before:
                self.leave()

    def kept(self) -> list[Stored]:
        """All that rows may not change when they are refused."""
        assert self._opened is not None
        return self._kept(self._opened[0])

    def leave(self) -> None:
        self._opened = None
        self._open.close()

    def _kept(self, ports: Ports) -> list[Stored]:
        return self._background.do(ports.store.lasts(KEPT))


@asynccontextmanager
async def _opened() -> AsyncIterator[tuple[Ports, World]]:
    async with memory_ports() as ports, world(ports.store, ports.bus, answer_seconds=0.05) as w:
        new = NewClient("other", FOREIGN, ("agent",), Kind.AGENT)
        await clients.create(ports.store, new, w.process.clock, w.process.random)
        run = Run(phase=Phase.WAITING, run=_RUN, place=_GATE, name="tests", attempt=1)
        await ports.store.commit([Write(state_subject("webhook", RUN), record.encode(record.Loaded(run, 1)))])
        yield ports, w
