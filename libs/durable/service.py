"""A durable service as a table: what it listens to, and who handles it.

    await serve(
        Service("planner", handlers={StartDeployment: planner.start, RolloutLanded: planner.rollout}, shells=(shell,)),
        ports,
        sharing,
    )

A timer that fires goes to the shell of its noun, unless `due` names another handler.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from msgspec import Struct

from libs.durable.commit import Shell
from libs.durable.dispatch import Dispatcher, DueHandler, Handler, Lane, Limits, Routes
from libs.durable.partitions import Partitions, Ports, Sharing
from libs.durable.suspects import Suspects
from libs.durable.sweep import keep_sweeping
from libs.messages.message import Message
from libs.messages.subject import Key, due_filter, message_filter


async def _nothing(_: int) -> None:
    return


class Service(Struct, frozen=True):
    """One service: its name is its consumers' name, and stays."""

    name: str
    handlers: Mapping[type[Message], Handler]
    shells: tuple[Shell[Any], ...] = ()
    due: Mapping[str, DueHandler] = {}
    """By noun, where a timer is more than a message to its machine."""
    lane: Lane = Key.whole
    on_acquired: Callable[[int], Awaitable[None]] = _nothing
    """Called before the first message of a partition that this process takes over."""
    on_released: Callable[[int], Awaitable[None]] = _nothing
    """Called when it gives the partition up, however that came: another process takes over after it."""
    limits: Limits = Limits()


async def serve(service: Service, ports: Ports, sharing: Sharing) -> None:
    """Handle the service's messages in the partitions that fall to this process, until cancelled."""
    await Partitions(service.name, sharing, ports).run(partial(serve_partition, service, ports))


async def serve_partition(service: Service, ports: Ports, partition: int) -> None:
    """Handle one partition's messages until cancelled."""
    try:
        await _serve_acquired(service, ports, partition)
    finally:
        await service.on_released(partition)


async def _serve_acquired(service: Service, ports: Ports, partition: int) -> None:
    for shell in service.shells:
        shell.forget(partition)
    await service.on_acquired(partition)
    name = f"{service.name}-{partition}"
    suspects = Suspects(name, ports.store, ports.clock)
    dispatcher = Dispatcher(_routes(service, ports), ports.store, ports.clock, service.limits, suspects)
    async with (
        suspects.holding(),
        ports.bus.consume(name, filters(service, partition)) as deliveries,
        asyncio.TaskGroup() as group,
    ):
        for shell in service.shells:
            group.create_task(keep_sweeping(shell.machine.noun, ports.store, ports.clock, partition))
        await dispatcher.run(deliveries)


def filters(service: Service, partition: int) -> list[str]:
    """What the service's consumer of a partition is filtered to."""
    said = [message_filter(message.address, partition) for message in service.handlers]
    return said + [due_filter(noun, partition) for noun in _due(service)]


def _routes(service: Service, ports: Ports) -> Routes:
    return Routes(service.handlers, _due(service), service.lane, partial(ports.count, service.name))


def _due(service: Service) -> dict[str, DueHandler]:
    return {shell.machine.noun: shell.wake for shell in service.shells} | dict(service.due)
