"""What the planner makes of a submission: a plan, or a deployment that failed and says why."""

import msgspec
import pytest

from libs.api.request import StartRequest
from libs.bus.broker import Broker
from libs.deployment.machine import MACHINE
from libs.deployment.state import Deployment, Phase
from libs.durable.commit import Shell
from libs.durable.dispatch import Rejected
from libs.messages.deployment import StartDeployment
from libs.messages.message import Received
from libs.store.memory import MemoryStore
from services.planner.handlers import Planner
from tests.builders import a_key
from tests.clock import VirtualClock
from tests.unit.spec.files import a_file

SETTINGS = "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}"
FILES: dict[str, tuple[str, ...]] = {"k8s/": (SETTINGS,)}
KEY = a_key()


class World:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.broker = Broker(self.clock)
        self.store = MemoryStore(self.broker)

    async def start(self, request: StartRequest) -> Deployment:
        """Order it as the door does, and hand the order to a planner that knows nothing yet."""
        digest = await self.store.save(msgspec.json.encode(request))
        await self.handle(digest)
        return (await Shell(MACHINE, self.store, self.clock).load(KEY)).state

    async def handle(self, submission: str) -> None:
        shell = Shell(MACHINE, self.store, self.clock)
        order = StartDeployment(application="shop", submission=submission, by="ann")
        await Planner(shell, self.store, self.clock).start(Received("m1", KEY, order, self.clock.now(), ""))


async def test_valid_submission_runs() -> None:
    world = World()
    deployment = await world.start(StartRequest(config=a_file(), files=FILES))
    assert deployment.phase is Phase.RUNNING
    (target,) = deployment.targets
    assert b"ConfigMap" in await world.store.read(target.plan.manifests)


@pytest.mark.feature("F156")
async def test_account_of_the_request_is_planned() -> None:
    deployment = await World().start(StartRequest(config=a_file(), files=FILES, account="lent"))
    assert [target.plan.agent for target in deployment.targets] == ["lent"]


async def test_order_that_comes_again_plans_once() -> None:
    world = World()
    request = StartRequest(config=a_file(), files=FILES)
    first = await world.start(request)
    length = world.broker.last_sequence
    assert await world.start(request) == first
    assert world.broker.last_sequence == length


async def test_invalid_file_fails_in_words() -> None:
    deployment = await World().start(StartRequest(config="targets: 3"))
    assert deployment.phase is Phase.FAILED
    assert "targets" in deployment.reason


async def test_missing_submission_is_rejected() -> None:
    with pytest.raises(Rejected, match="sha256-x is not in the object store"):
        await World().handle("sha256-x")
