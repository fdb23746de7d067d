"""What the notifier listens to: with a consumer for each rule, the facts of the rule's tenant."""

import asyncio

from prometheus_client import Counter

from libs.durable.partitions import Partitions, Ports, Sharing
from libs.egress.allowed import allowed_networks
from libs.egress.client import client
from libs.runtime.process import Process
from libs.secrets.folder import secret_folder
from services.notifier.applications import Applications
from services.notifier.delivery import Delivery
from services.notifier.handlers import Notifier
from services.notifier.rules import Rules
from services.notifier.settings import ALLOW_PRIVATE, Settings
from services.notifier.telling import Tools


async def serve(settings: Settings, ports: Ports, process: Process, public_url: str) -> None:
    """Tell what happens until cancelled; `public_url` is where people look at deployments."""
    told = Counter(
        "fairlead_notifications",
        "Notifications, by outcome: sent, retried, given_up, failed.",
        ("outcome",),
        registry=process.metrics.registry,
    )
    async with (
        client(allowed_networks(settings.notifier_allow_private, ALLOW_PRIVATE, process.settings)) as outside,
        asyncio.TaskGroup() as group,
    ):
        tools = Tools(
            delivery=Delivery(outside, secret_folder(process), settings.notifier_call_seconds),
            application_of=Applications(ports.store).of,
            clock=ports.clock,
            random=process.random,
            told=told,
            public_url=public_url.rstrip("/"),
            give_up_seconds=settings.notifier_give_up_seconds,
            oldest_seconds=settings.notifier_oldest_seconds,
        )
        rules = Rules(ports.store, ports.clock)
        group.create_task(rules.run())
        sharing = Sharing(process.member, ttl_seconds=settings.notifier_lease_seconds)
        await Partitions("notifier", sharing, ports).run(Notifier(rules, tools, ports).hold)
