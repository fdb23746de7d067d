"""What the webhooks service listens to."""

import asyncio

from libs.auth.callbacks import CallbackTokens
from libs.durable.commit import Shell
from libs.durable.contents import Contents
from libs.durable.dispatch import of_its_own
from libs.durable.partitions import Ports, Sharing
from libs.durable.service import Service
from libs.durable.service import serve as serve_durably
from libs.egress.allowed import allowed_networks
from libs.egress.client import client
from libs.link.bus import bus_link
from libs.messages.webhook import CallBack, CancelWebhook, StartWebhook
from libs.plan.model import Definitions
from libs.runtime.process import Process
from libs.runtime.sealing import sealing_key
from libs.secrets.folder import secret_folder
from libs.webhook.machine import MACHINE
from libs.webhook.state import Run
from services.webhooks.calling.caller import Caller
from services.webhooks.calling.direct import Direct
from services.webhooks.calling.preparing import Preparer
from services.webhooks.handlers import Webhooks
from services.webhooks.settings import ALLOW_PRIVATE, Settings
from services.webhooks.steering import Tools


async def serve(settings: Settings, ports: Ports, process: Process, public_url: str) -> None:
    """Call webhooks until cancelled; `public_url` is where whoever is called reaches intake."""
    networks = allowed_networks(settings.webhooks_allow_private, ALLOW_PRIVATE, process.settings)
    async with bus_link(ports.bus, ports.clock) as link, client(networks) as outside, asyncio.TaskGroup() as group:
        runs = Shell(MACHINE, ports.store, ports.clock)
        tools = Tools(
            runs=runs,
            preparer=Preparer(
                Contents(ports.store, Definitions),
                secret_folder(process),
                CallbackTokens(sealing_key(process.settings, process.random)),
                public_url,
            ),
            caller=Caller(ports.clock, settings.webhooks_attempt_seconds, settings.webhooks_calls_open),
            direct=Direct(outside),
            link=link,
            process=process.member,
        )
        webhooks = Webhooks(tools, ports.store, ports.bus)
        group.create_task(webhooks.run())
        sharing = Sharing(process.member, ttl_seconds=settings.webhooks_lease_seconds)
        await serve_durably(listening(webhooks, runs), ports, sharing)


def listening(webhooks: Webhooks, runs: Shell[Run]) -> Service:
    steerings = webhooks.steerings
    return Service(
        "webhooks",
        handlers={StartWebhook: steerings.tell, CancelWebhook: steerings.tell, CallBack: steerings.tell},
        shells=(runs,),
        due={MACHINE.noun: steerings.wake},
        lane=of_its_own,
        on_acquired=steerings.take_over,
        on_released=steerings.let_go,
    )
