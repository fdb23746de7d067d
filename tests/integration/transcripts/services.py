"""The services that call out, on a plane: one process of each."""

from pathlib import Path

from libs.auth.callbacks import CallbackTokens
from libs.durable.commit import Shell
from libs.durable.contents import Contents
from libs.durable.partitions import Ports
from libs.durable.service import serve_partition
from libs.egress.client import client
from libs.plan.model import Definitions
from libs.secrets.folder import SecretFolder
from libs.webhook.machine import MACHINE as WEBHOOK
from services.evaluator.measuring.reach import Reach
from services.evaluator.service import listening as evaluator_of
from services.webhooks.calling.caller import Caller
from services.webhooks.calling.direct import Direct
from services.webhooks.calling.preparing import Preparer
from services.webhooks.handlers import Webhooks
from services.webhooks.service import listening as webhooks_of
from services.webhooks.steering import Tools
from tests.integration.crash.plane import PARTITION, Plane, meanwhile

TOKENS = CallbackTokens(b"k" * 32)
PUBLIC = "https://fairlead.example"
NO_SECRETS = SecretFolder(Path("/nonexistent"))


async def webhooks(plane: Plane) -> None:
    async with client(()) as outside:
        runs = Shell(WEBHOOK, plane.store, plane.clock)
        tools = Tools(
            runs=runs,
            preparer=Preparer(Contents(plane.store, Definitions), NO_SECRETS, TOKENS, PUBLIC),
            caller=Caller(plane.clock, 30, 4),
            direct=Direct(outside),
            link=plane.link,
            process="webhooks-1",
        )
        service = Webhooks(tools, plane.store, plane.bus())
        ports = Ports(plane.bus(), plane.store, plane.clock)
        async with meanwhile(service.run()):
            await serve_partition(webhooks_of(service, runs), ports, PARTITION)


async def evaluator(plane: Plane) -> None:
    async with client(()) as straight:
        ports = Ports(plane.bus(), plane.store, plane.clock)
        reach = Reach(straight, plane.link, 30, 4)
        await serve_partition(evaluator_of(ports, NO_SECRETS, reach), ports, PARTITION)
