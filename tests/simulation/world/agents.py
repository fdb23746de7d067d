"""An agent as a process of the simulation: production code but for gRPC and HTTP."""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial

from agent.allow import AllowList
from agent.dial import Dialler, Gate
from agent.limits import Fence, Limits
from agent.stream import Introduction
from agent.token import Issued, NoToken, Tokens
from agent.verbs import NAMED_BY, Verbs
from agent.work import Work
from libs.link.rate import Rate
from libs.messages.agent import Ask, Frame
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process as Runtime
from libs.runtime.settings import ProcessSettings
from tests.simulation.ports.api import Answers, DistantApi
from tests.simulation.ports.process import Process, ProcessClock
from tests.simulation.world.gateways import TOKEN_SECONDS, token
from tests.simulation.world.releases import AGENT
from tests.simulation.world.world import World

OTHER = "us"
"""An agent that nobody has anything to ask of."""
_SILENCE_SECONDS = 15.0


async def agent(world: World, process: Process) -> None:
    """One of those that serve the cluster which releases go to."""
    await _served(world, process, AGENT, world.of_cluster, world.outside.answer)


async def other_agent(world: World, process: Process) -> None:
    await _served(world, process, OTHER, partial(_of_nobody, world), partial(_of_nobody, world))


async def _served(world: World, process: Process, name: str, cluster: Answers, nearby: Answers) -> None:
    clock = ProcessClock(process)
    runtime = Runtime("agent", ProcessSettings(), Health(), Metrics(), clock, world.random("agent"), process.name)
    verbs = Verbs(
        DistantApi(cluster, process, world.begin),
        DistantApi(nearby, process, world.begin, is_cluster=False),
        AllowList(hosts=("*",)),
    )
    work = Work(verbs, _limits(process, clock), Fence(), runtime.metrics.registry)
    introduction = Introduction("1", process.name, await work.cluster_name())
    gate = Gate("gateway", partial(world.switchboard.dialled, process))
    tokens = Tokens(partial(_issued, world, process, name), clock)
    await Dialler(gate, tokens, work, introduction, runtime).run()


def _limits(process: Process, clock: ProcessClock) -> Limits:
    """As by default; or so few that it is busy now and then."""
    if process.chance.strikes("agent.narrow"):
        process.tell(f"{process.name} bears little")
        return Limits(Rate(1, 2, clock), 1, 256, clock)
    return Limits(Rate(200, 400, clock), 64, 256, clock)


async def _issued(world: World, process: Process, name: str) -> Issued:
    await process.reach()
    if process.chance.strikes("issuer.silent"):
        await asyncio.sleep(_SILENCE_SECONDS)
        raise NoToken("the issuer did not answer")
    return Issued(token(name, world.clock.now()), TOKEN_SECONDS)


async def _of_nobody(world: World, ask: Ask) -> AsyncGenerator[Frame, None]:
    """INV-17: what is asked of one agent reaches no other."""
    if ask.path != NAMED_BY:
        world.problems.append(f"INV-17 agent {OTHER} was asked: {ask.method} {ask.path}")
    yield Frame(0, 404, last=True)
