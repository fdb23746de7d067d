"""What the evaluator does with each message: tell the analysis's machine, and ask when it wants to be told values."""

from datetime import datetime

from libs.analysis.state import Phase, Run
from libs.durable.commit import Shell
from libs.durable.contents import Contents, Missing
from libs.durable.decision import Due
from libs.durable.dispatch import Rejected
from libs.messages.analysis import Answered, Limits, Opened, StartAnalysis
from libs.messages.message import Received
from libs.messages.subject import Key
from libs.plan.model import Definitions
from services.evaluator.measuring.asking import Asker


class Evaluator:
    """Leads analyses."""

    def __init__(self, runs: Shell[Run], definitions: Contents[Definitions], asker: Asker) -> None:
        self._runs = runs
        self._definitions = definitions
        self._asker = asker

    async def start(self, received: Received) -> None:
        assert isinstance(received.message, StartAnalysis), "the table of handlers says so"
        opened = await self._opened(received.message, received.at)
        await self._runs.apply(received.key, opened, received.id, received.traceparent)

    async def tell(self, received: Received) -> None:
        await self._runs.apply(received.key, received.message, received.id, received.traceparent)

    async def wake(self, due: Due) -> None:
        """Killed while it asks, the timer comes again, changes nothing, and finds it still to be asked."""
        applied = await self._runs.wake(due)
        if applied.state.phase is Phase.ASKING:
            await self._ask(due.key, due.id)

    async def _ask(self, key: Key, cause: str) -> None:
        # Read anew: only a record that was read has the bus's own instant.
        loaded = await self._runs.load(key)
        run = loaded.state
        if run.phase is not Phase.ASKING:
            return
        assert loaded.at is not None, "a record that was read has its stamp"
        try:
            measurements = await self._asker.measure(key, run)
        except Missing as error:
            raise Rejected(str(error)) from error
        answered = Answered(
            run=run.run, number=run.number, attempt=run.attempt, at=loaded.at, measurements=measurements
        )
        await self._runs.apply(key, answered, cause)

    async def _opened(self, order: StartAnalysis, at: datetime) -> Opened:
        try:
            queries = (await self._definitions.read(order.definitions)).queries
            limits = tuple(Limits(name, queries[name].upper, queries[name].lower) for name in order.analysis.queries)
        except Missing as error:
            raise Rejected(str(error)) from error
        except KeyError as error:
            raise Rejected(f"the definitions {order.definitions} hold no query {error}") from error
        return Opened(run=order.run, order=order, at=at, limits=limits)
