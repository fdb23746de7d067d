"""What the evaluator listens to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.analysis.machine import MACHINE
from libs.config.store import Configuration
from libs.durable.commit import Shell
from libs.durable.contents import Contents
from libs.durable.dispatch import of_its_own
from libs.durable.partitions import Ports, Sharing
from libs.durable.service import Service
from libs.durable.service import serve as serve_durably
from libs.egress.allowed import allowed_networks
from libs.egress.client import client
from libs.link.bus import bus_link
from libs.messages.analysis import CancelAnalysis, StartAnalysis
from libs.plan.model import Definitions
from libs.runtime.process import Process
from libs.secrets.folder import SecretFolder, secret_folder
from services.evaluator.handlers import Evaluator
from services.evaluator.measuring.asking import Asker, Sources
from services.evaluator.measuring.reach import Reach
from services.evaluator.settings import ALLOW_PRIVATE, Settings


async def serve(settings: Settings, ports: Ports, process: Process) -> None:
    """Lead analyses until cancelled."""
    async with reaching(settings, ports, process) as reach:
        service = listening(ports, secret_folder(process), reach)
        await serve_durably(service, ports, Sharing(process.member, ttl_seconds=settings.evaluator_lease_seconds))


@asynccontextmanager
async def reaching(settings: Settings, ports: Ports, process: Process) -> AsyncIterator[Reach]:
    """The way to providers while entered."""
    networks = allowed_networks(settings.evaluator_allow_private, ALLOW_PRIVATE, process.settings)
    async with bus_link(ports.bus, ports.clock) as link, client(networks) as straight:
        yield Reach(straight, link, settings.evaluator_query_seconds, settings.evaluator_queries_open)


def listening(ports: Ports, secrets: SecretFolder, reach: Reach) -> Service:
    runs = Shell(MACHINE, ports.store, ports.clock)
    definitions = Contents(ports.store, Definitions)
    asker = Asker(Sources(definitions, Configuration(ports.store, ports.clock), secrets), reach)
    evaluator = Evaluator(runs, definitions, asker)
    return Service(
        "evaluator",
        handlers={StartAnalysis: evaluator.start, CancelAnalysis: evaluator.tell},
        shells=(runs,),
        due={MACHINE.noun: evaluator.wake},
        lane=of_its_own,
    )
