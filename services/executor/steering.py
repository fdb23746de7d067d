"""One rollout being steered: look, send what `reconcile` asks for, tell the machine what came true, wait, look again.

Nothing is remembered here that matters: what is wanted comes from committed state, what is so from the cluster. Another
process goes on at any instant by doing the same.
"""

import asyncio
from datetime import datetime

from msgspec import Struct

from libs.durable.commit import Contended, Shell
from libs.durable.ports import Unavailable, Unknown
from libs.durable.record import NewerSchema
from libs.kube.link import Linked
from libs.link.port import Away, NoAnswer, Refused, Silent
from libs.messages.message import Message
from libs.messages.rollout import Broken, Claimed, Hindered, Settled, Surveyed
from libs.messages.subject import Key
from libs.rollout.state import Phase, Rollout, awaits_cluster, is_terminal
from libs.runtime.clock import Clock
from libs.runtime.log import bound, logger
from libs.workload.dialogue.outlook import Outlook
from libs.workload.dialogue.wanted import Problem, Superseded, Wanted
from libs.workload.kinds.objects import Object
from libs.workload.reconcile import reconcile
from libs.workload.snapshot import survey, survey_requests
from services.executor.calls import Calls, Refusal
from services.executor.clusters import Clusters, Place
from services.executor.goal import marks_of, wanted_of
from services.executor.papers import Papers
from services.executor.patience import Patience
from services.executor.sight import Sight

RETRY_SECONDS = 15.0
"""How often a goal is looked at although nothing changed."""
POLL_SECONDS = 1.5
BACK_OFF_SECONDS = 1.0
ROUNDS = 20
"""How often in a row the cluster is written to before the machine is heard again."""
ATTEMPTS = 5
"""How often steering may fail for no reason that we know before a rollout that goes forward goes back."""
LONGEST_PAUSE_SECONDS = 60.0

_REASON_MOST = 400
_PASSING = (Unavailable, Unknown, Contended)

_log = logger()


class Stopped(Exception):
    """Another process steers this rollout now."""


class Tools(Struct, frozen=True):
    """What every steering of a process is given."""

    rollouts: Shell[Rollout]
    papers: Papers
    clusters: Clusters
    clock: Clock
    process: str
    """The executor process's own name."""


class Steering:
    """Steers one rollout until it ends or another process claims it."""

    def __init__(self, key: Key, tools: Tools, tenure: int) -> None:
        self.key = key
        self.name = f"{tools.process}-{tenure}"
        """Under this name the rollout is claimed. A steering that was ended in the middle of a write may be followed by
        another of this very process: that one claims a new epoch, which the late write does not survive."""
        self.wake = asyncio.Event()
        """Set by whoever knows of a change: of the rollout's record, or of what the cluster shows."""
        self.sight: Sight | None = None
        self.away_since: datetime | None = None
        self.looks = 0
        """Counts the looks, for who tells people what was seen."""
        self._tools = tools
        self._goal = -1
        self._patience = Patience(tools.clock)
        self._failures = 0
        """In a row, at the present goal, for no reason that we know."""

    async def run(self) -> None:
        with bound(deployment=self.key.deployment, target=self.key.target):
            while not await self._is_over():
                pass

    async def _is_over(self) -> bool:
        """Steer until there is nothing left to do; False, after a pause, where that has to begin again."""
        try:
            await self._steer()
            return True
        except (Stopped, NewerSchema):
            _log.info("rollout_left_to_another_process")
            return True
        except _PASSING as error:
            _log.warning("rollout_waits_for_the_bus", error=str(error))
            await self._tools.clock.sleep(BACK_OFF_SECONDS)
        except Exception as error:  # noqa: BLE001 - one rollout that cannot be steered must not end all the others
            self._failures += 1
            _log.exception("steering_failed", attempt=self._failures)
            await self._failed(error)
        return False

    async def _failed(self, error: Exception) -> None:
        """Say so; after a few attempts say that it is broken; and keep looking, ever more slowly."""
        reason = f"the executor fails at this rollout: {type(error).__name__}: {error}"[:_REASON_MOST]
        seen = Broken if self._failures >= ATTEMPTS else Hindered
        try:
            rollout = (await self._tools.rollouts.load(self.key)).state
            if rollout.process == self.name:
                await self._tell(rollout, seen(target=rollout.target, goal=rollout.goal, reason=reason))
        except Exception as untold:  # noqa: BLE001 - it is told at the next attempt, or stands in the log
            _log.warning("steering_failure_untold", error=repr(untold))
        pause = min(LONGEST_PAUSE_SECONDS, BACK_OFF_SECONDS * 2 ** min(self._failures, 10))
        await self._tools.clock.sleep(pause)

    async def _steer(self) -> None:
        rollout = (await self._tools.rollouts.load(self.key)).state
        if is_terminal(rollout) or rollout.phase is Phase.ABSENT:
            return
        await self._tell(rollout, Claimed(target=rollout.target, process=self.name))
        objects = await self._tools.papers.objects(rollout.manifests)
        places = [Place(self.key.tenant, rollout.agent, namespace) for namespace in _namespaces(objects)]
        async with self._tools.clusters.watches(places) as watches:
            sight = self.sight = Sight(watches)
            transport = Linked(self._tools.clusters.link, self.key.tenant, rollout.agent)
            calls = Calls(transport, sight, f"{self.key.deployment}.{self.key.target}")
            with sight.following(rollout.application, rollout.target, self.wake):
                while await self._turn(sight, calls, objects):
                    pass

    async def _turn(self, sight: Sight, calls: Calls, objects: tuple[Object, ...]) -> bool:
        """One look at the rollout; False where there is nothing left to steer."""
        self.wake.clear()
        rollout = await self._rollout()
        if is_terminal(rollout):
            self.looks += 1
            return False
        sight.feel(rollout.phase is Phase.SURVEYING or awaits_cluster(rollout))
        try:
            seconds = await self._look(rollout, sight, calls, objects)
            self.away_since = None
        except NoAnswer as error:
            seconds = await self._unanswered(rollout, error)
        self.looks += 1
        await self._wait(seconds)
        return True

    async def _rollout(self) -> Rollout:
        rollout = (await self._tools.rollouts.recall(self.key)).state
        if rollout.process != self.name and not is_terminal(rollout):
            raise Stopped
        if rollout.goal != self._goal:
            self._goal, self._failures = rollout.goal, 0
            self._patience.begin()
        return rollout

    async def _look(self, rollout: Rollout, sight: Sight, calls: Calls, objects: tuple[Object, ...]) -> float:
        """Work at the present goal; for how long to wait where nothing changes."""
        if sight.silent() is not None:
            raise Silent("the API is silent")
        if (blind := sight.blind()) is not None:
            raise _Blind(*blind)
        await calls.settle(rollout.epoch)
        if rollout.phase is Phase.SURVEYING:
            return await self._survey(rollout, sight, calls, objects)
        snapshot = await self._tools.papers.snapshot(rollout.snapshot)
        wanted = wanted_of(self.key, rollout, objects, snapshot)
        if wanted is None:
            return RETRY_SECONDS
        outlook = await self._reconcile(rollout, wanted, sight, calls)
        if isinstance(outlook, list):
            return await self._refused(rollout, outlook)
        if not outlook.is_settled:
            await self._hindered(rollout, outlook.hindrance)
            return POLL_SECONDS if outlook.polls else self._patience.left or RETRY_SECONDS
        if not awaits_cluster(rollout):
            return RETRY_SECONDS
        await self._tell(rollout, Settled(target=rollout.target, goal=rollout.goal))
        return 0

    async def _survey(self, rollout: Rollout, sight: Sight, calls: Calls, objects: tuple[Object, ...]) -> float:
        for _ in range(ROUNDS):
            requests = survey_requests(objects, sight.seen(), rollout.services)
            if not requests:
                break
            if refusals := await calls.send(requests, rollout.epoch):
                return await self._refused(rollout, refusals)
        else:
            return await self._refused(rollout, [Refusal("the cluster's answers do not tell what is there", False)])
        found = survey(objects, sight.seen(), marks_of(self.key, rollout), rollout.services)
        if isinstance(found, Problem):
            return await self._refused(rollout, [Refusal(found.reason, True)])
        digest = await self._tools.papers.keep(found.snapshot)
        told = Surveyed(target=rollout.target, goal=rollout.goal, workloads=found.workloads, snapshot=digest)
        await self._tell(rollout, told)
        return 0

    async def _reconcile(self, rollout: Rollout, wanted: Wanted, sight: Sight, calls: Calls) -> Outlook | list[Refusal]:
        """Send what is asked for until only waiting is left; what is waited for, or why it was refused."""
        polled = False
        for _ in range(ROUNDS):
            outlook = await self._decide(wanted, sight)
            if isinstance(outlook, list):
                break
            sent = outlook.requests or (() if polled else outlook.polls)
            if not sent:
                break
            polled = polled or not outlook.requests
            if refusals := await calls.send(sent, rollout.epoch, wanted):
                return refusals
        return outlook

    async def _decide(self, wanted: Wanted, sight: Sight) -> Outlook | list[Refusal]:
        match decision := reconcile(wanted, sight.seen()):
            case Superseded():
                return [await self._superseded(decision)]
            case Problem():
                return [Refusal(decision.reason, True)]
            case _:
                return decision

    async def _superseded(self, decision: Superseded) -> Refusal:
        """Stop where another process has claimed the rollout. A mark that no claim explains is told, and waited for."""
        _log.warning("rollout_superseded", target=str(decision.target), mark=decision.mark)
        await self._tools.rollouts.load(self.key)
        await self._rollout()
        told = f"{decision.target} carries {decision.mark}, newer than this rollout's own mark: remove that annotation"
        return Refusal(told, False)

    async def _refused(self, rollout: Rollout, refusals: list[Refusal]) -> float:
        final = next((refusal for refusal in refusals if refusal.final), None)
        if final is not None and rollout.phase in (Phase.SURVEYING, Phase.PROGRESSING):
            await self._tell(rollout, Broken(target=rollout.target, goal=rollout.goal, reason=final.reason))
            return 0 if (await self._rollout()).goal != rollout.goal else BACK_OFF_SECONDS
        await self._hindered(rollout, (final or refusals[0]).reason)
        return max(BACK_OFF_SECONDS, *(refusal.retry_seconds or 0 for refusal in refusals))

    async def _unanswered(self, rollout: Rollout, error: NoAnswer) -> float:
        if isinstance(error, Away | _Blind):
            since = error.since if isinstance(error, _Blind) else self._tools.clock.now()
            self.away_since = self.away_since or since
            moment = self.away_since.isoformat(timespec="seconds")
            await self._hindered(rollout, f"agent {rollout.agent} cannot be asked since {moment}: {error}")
            return self._patience.left or RETRY_SECONDS
        if isinstance(error, Silent) and self.sight is not None and (silent := self.sight.silent()) is not None:
            told = f"the cluster's API has not answered agent {rollout.agent} since {silent:%H:%M:%S}"
            await self._hindered(rollout, told)
            return self._patience.left or RETRY_SECONDS
        await self._hindered(rollout, f"agent {rollout.agent}: {str(error) or type(error).__name__}")
        return RETRY_SECONDS if isinstance(error, Refused) else BACK_OFF_SECONDS

    async def _hindered(self, rollout: Rollout, reason: str) -> None:
        """Say why the goal is not true, once patience has run out and where the reason is another one."""
        if self._patience.left or not reason or reason == rollout.hindrance:
            return
        await self._tell(rollout, Hindered(target=rollout.target, goal=rollout.goal, reason=reason))
        self._patience.told()

    async def _tell(self, rollout: Rollout, seen: Message) -> None:
        name = seen.address.rpartition(".")[2]
        cause = f"{name}-{rollout.goal}-{self.key.deployment}-{self.key.target}-{self.name}"
        await self._tools.rollouts.apply(self.key, seen, cause)

    async def _wait(self, seconds: float) -> None:
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self.wake.wait()
        except TimeoutError:
            return


class _Blind(NoAnswer):
    """The watches do not show what is so."""

    def __init__(self, since: datetime, why: str) -> None:
        super().__init__(why)
        self.since = since


def _namespaces(objects: tuple[Object, ...]) -> list[str]:
    """Where the target has anything: a Deployment left out of this release may have pods there too."""
    return sorted({value["metadata"]["namespace"] for value in objects if value["metadata"].get("namespace")})
