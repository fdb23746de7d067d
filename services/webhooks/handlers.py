"""What the webhooks service does with each message: tell the run's machine, and keep somebody calling."""

from functools import partial

from libs.durable.ports import Bus, Store
from libs.durable.steerings import Steerings, Work
from libs.messages.agent import EVERY_CONNECTED
from libs.webhook.state import Phase, Run
from services.webhooks.steering import Steering, Tools


class Webhooks:
    """Calls out."""

    def __init__(self, tools: Tools, store: Store, bus: Bus) -> None:
        self._bus = bus
        work = Work(_is_called, partial(Steering, tools))
        self.steerings: Steerings[Run, Steering] = Steerings(tools.runs, store, tools.process, work)

    async def run(self) -> None:
        """Own the steerings until cancelled; an agent that has connected is asked at once."""
        async with self.steerings.kept(), self._bus.subscribe(EVERY_CONNECTED) as hints:
            async for hint in hints:
                for steering in self.steerings.present:
                    steering.hear(hint.subject)


def _is_called(run: Run) -> bool:
    return run.phase is Phase.CALLING
