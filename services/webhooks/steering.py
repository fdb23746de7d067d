"""One run being called: commit the attempt, make it, tell the machine what came of it, until it waits or has ended.

Nothing is remembered here that matters: another process goes on at any instant by doing the same. What it finds begun
it makes again, under the same delivery id.
"""

from traceback import extract_tb

from msgspec import Struct

from libs.durable.commit import Shell
from libs.durable.steerings import Tenure
from libs.link.port import Link
from libs.messages.agent import connected_subject
from libs.messages.message import Message
from libs.messages.webhook import CallAnswered, CallBegun, CallBroken, CallHindered, CallMissed
from libs.runtime.log import logger
from libs.spec.model import Webhook
from libs.webhook.state import Phase, Run
from services.webhooks.calling.caller import Attempt, Caller, shown
from services.webhooks.calling.preparing import Preparer, Unprepared
from services.webhooks.calling.relayed import Relayed
from services.webhooks.calling.way import Missed, NotNow, Way

RETRY_SECONDS = 15.0
"""How often an agent that is away is asked although nothing says that it is back."""
ATTEMPTS = 5
"""How often calling may fail for no reason that we know before the webhook counts as failed."""

_log = logger()


class Tools(Struct, frozen=True):
    """What every steering of a process is given."""

    runs: Shell[Run]
    preparer: Preparer
    caller: Caller
    direct: Way
    link: Link
    process: str


class Steering:
    """Calls one webhook until that is done."""

    def __init__(self, tools: Tools, tenure: Tenure) -> None:
        self.key = tenure.key
        self._tenure = tenure
        self._tools = tools
        self._agent = ""

    async def run(self) -> None:
        while (seconds := await self._turn()) is not None:
            await self._tenure.wait(seconds)

    async def failed(self, error: Exception) -> None:
        """Give up after a few attempts."""
        failures, what = self._tenure.failures, type(error).__name__
        # Not the error's text: it may hold what was rendered.
        _log.error("webhook_failed", attempt=failures, error=what, where=_where(error))
        if failures >= ATTEMPTS:
            run = (await self._tools.runs.load(self.key)).state
            await self._tell(run, CallBroken(run=run.run, reason=f"the service fails at this webhook: {what}"))

    def hear(self, subject: str) -> None:
        """An agent has connected: perhaps the one that is waited for."""
        if self._agent and connected_subject(self.key.tenant, self._agent) == subject:
            self._tenure.wake.set()

    async def _turn(self) -> float | None:
        """For how long to wait where nothing changes; None where nothing is left to do."""
        self._tenure.wake.clear()
        run = (await self._tools.runs.load(self.key)).state
        if run.phase is not Phase.CALLING:
            return None
        return RETRY_SECONDS if run.is_pausing else await self._call(run)

    async def _call(self, run: Run) -> float:
        """Make the attempt that is due, once it is committed that it is made."""
        number = run.attempt if run.process else run.attempt + 1
        try:
            prepared = await self._tools.preparer.prepare(self.key, run, number)
        except Unprepared as error:
            await self._tell(run, CallBroken(run=run.run, reason=str(error)))
            return 0
        run = await self._begin(run, prepared.webhook, number)
        if run.process != self._tenure.name:
            return 0
        return await self._make(run, self._way(run, prepared.webhook), prepared.attempt)

    async def _begin(self, run: Run, webhook: Webhook, number: int) -> Run:
        begun = CallBegun(
            run=run.run,
            attempt=number,
            process=self._tenure.name,
            retries=webhook.retries,
            calls_back=webhook.calls_back,
        )
        return await self._tell(run, begun)

    async def _make(self, run: Run, way: Way, attempt: Attempt) -> float:
        try:
            status = await self._tools.caller.call(way, attempt)
        except NotNow as error:
            reason = shown(str(error), attempt)
            await self._tell(run, CallHindered(run=run.run, attempt=run.attempt, reason=reason))
            return RETRY_SECONDS
        except Missed as error:
            missed = CallMissed(
                run=run.run,
                attempt=run.attempt,
                process=self._tenure.name,
                reason=shown(str(error), attempt),
                is_final=error.is_final,
            )
            await self._tell(run, missed)
        else:
            await self._tell(run, CallAnswered(run=run.run, attempt=run.attempt, status=status))
        return 0

    def _way(self, run: Run, webhook: Webhook) -> Way:
        if not webhook.through_agent:
            return self._tools.direct
        self._agent = webhook.agent or run.subject.agent
        return Relayed(self._tools.link, self.key.tenant, self._agent)

    async def _tell(self, run: Run, seen: Message) -> Run:
        cause = self._tenure.cause(seen, run.attempt)
        return (await self._tools.runs.apply(self.key, seen, cause)).state


def _where(error: Exception) -> str:
    frame = extract_tb(error.__traceback__)[-1]
    return f"{frame.filename}:{frame.lineno}"
