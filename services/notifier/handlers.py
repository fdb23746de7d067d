"""What the notifier does with its partitions: speak for each of their rules, as long as it stands."""

import asyncio

from libs.durable.partitions import Ports
from services.notifier.facts import filters
from services.notifier.inorder import InOrder
from services.notifier.rules import Rules, Standing
from services.notifier.telling import Telling, Tools


class Notifier:
    def __init__(self, rules: Rules, tools: Tools, ports: Ports) -> None:
        self._rules = rules
        self._tools = tools
        self._ports = ports

    async def hold(self, partition: int) -> None:
        """Speak for the rules of a partition while this process holds it."""
        standing: dict[str, Standing] = {}
        tasks: dict[str, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                wanted = await self._rules.of(partition, standing)
                for rule_id in [one for one in tasks if standing[one] != wanted.get(one)]:
                    await _cancelled(tasks.pop(rule_id))
                for rule_id in wanted.keys() - tasks.keys():
                    tasks[rule_id] = group.create_task(self._speak(wanted[rule_id]))
                standing = wanted

    async def _speak(self, standing: Standing) -> None:
        telling = Telling(standing.tenant, standing.rule, standing.since, self._tools)
        name = f"notifier-{standing.id}"
        async with self._ports.bus.consume(name, filters(standing.tenant)) as deliveries:
            await InOrder(telling.hear, self._ports.clock).run(deliveries)


async def _cancelled(task: asyncio.Task[None]) -> None:
    """End a rule's telling before another takes its place: never do two speak for one rule."""
    task.cancel()
    await asyncio.wait([task])
