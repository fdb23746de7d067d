"""One rollout being steered: claim it, look at its goal, wait, look again; what stands in the way is told.

Nothing is remembered here that matters: what is wanted comes from committed state, what is so from the cluster. Another
process goes on at any instant by doing the same.
"""

from datetime import datetime

from msgspec import Struct

from libs.durable.commit import Shell
from libs.durable.steerings import Tenure
from libs.kube.link import Linked
from libs.link.port import Away, NoAnswer, Refused, Silent
from libs.rollout.state import Phase, Rollout, awaits_cluster, is_live, is_terminal
from libs.runtime.clock import Clock
from libs.runtime.log import logger
from libs.workload.kinds.objects import Object
from services.executor.calls import Calls
from services.executor.claim import Claim
from services.executor.clusters import Clusters, Place
from services.executor.late import Late
from services.executor.papers import Papers
from services.executor.pursuit import RETRY_SECONDS, Pursuit
from services.executor.sight import Sight

UNANSWERED_SECONDS = 1.0
ATTEMPTS = 5
"""How often steering may fail for no reason that we know before a rollout that goes forward goes back."""

_log = logger()


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

    def __init__(self, tools: Tools, tenure: Tenure) -> None:
        self.key = tenure.key
        self.sight: Sight | None = None
        self.away_since: datetime | None = None
        self.looks = 0
        """Counts the looks, for who tells people what was seen."""
        self.shown = 0
        """How many looks people have been told of."""
        self._tools = tools
        self._tenure = tenure
        self._claim = Claim(tools.rollouts, tenure)
        self._late = Late(tools.clock)

    async def run(self) -> None:
        rollout = await self._claim.load()
        if not is_live(rollout):
            return
        await self._claim.take(rollout)
        objects = await self._tools.papers.objects(rollout.manifests)
        places = [Place(self.key.tenant, rollout.agent, namespace) for namespace in _namespaces(objects)]
        async with self._tools.clusters.watches(places) as watches:
            sight = self.sight = Sight(watches)
            transport = Linked(self._tools.clusters.link, self.key.tenant, rollout.agent)
            place = f"{self.key.deployment}.{self.key.target}"
            calls = Calls(transport, sight, place, self._late, self._tools.clock)
            pursuit = Pursuit(self._claim, self._tools.papers, objects, sight, calls)
            with sight.following(rollout.application, rollout.target, self._tenure.wake):
                while await self._turn(sight, pursuit):
                    pass

    async def failed(self, error: Exception) -> None:
        """Say so; after a few attempts say that it is broken; and keep looking, ever more slowly."""
        failures = self._tenure.failures
        _log.error("steering_failed", attempt=failures, exc_info=error)
        await self._claim.failed(error, failures >= ATTEMPTS)

    async def _turn(self, sight: Sight, pursuit: Pursuit) -> bool:
        """One look at the rollout; False where there is nothing left to steer."""
        self._tenure.wake.clear()
        rollout = await self._claim.recall()
        if is_terminal(rollout):
            self.looks += 1
            return False
        sight.feel(rollout.phase is Phase.SURVEYING or awaits_cluster(rollout))
        try:
            _require_sight(sight)
            seconds = await pursuit.look(rollout)
            self.away_since = None
        except NoAnswer as error:
            seconds = await self._unanswered(rollout, error, sight)
        self.looks += 1
        await self._tenure.wait(seconds)
        return True

    async def _unanswered(self, rollout: Rollout, error: NoAnswer, sight: Sight) -> float:
        """Tell since when nobody answers, or what is the matter; for how long to wait."""
        if isinstance(error, Away | _Blind):
            since = error.since if isinstance(error, _Blind) else self._tools.clock.now()
            self.away_since = self.away_since or since
            moment = self.away_since.isoformat(timespec="seconds")
            told = f"agent {rollout.agent} cannot be asked since {moment}: {error}"
        elif isinstance(error, Silent) and (silent := sight.silent()) is not None:
            told = f"the cluster's API has not answered agent {rollout.agent} since {silent:%H:%M:%S}"
        else:
            await self._claim.hindered(rollout, f"agent {rollout.agent}: {str(error) or type(error).__name__}")
            return RETRY_SECONDS if isinstance(error, Refused) else UNANSWERED_SECONDS
        await self._claim.hindered(rollout, told)
        return self._claim.patience.left or RETRY_SECONDS


class _Blind(NoAnswer):
    """The watches do not show what is so."""

    def __init__(self, since: datetime, why: str) -> None:
        super().__init__(why)
        self.since = since


def _require_sight(sight: Sight) -> None:
    if sight.silent() is not None:
        raise Silent("the API is silent")
    if (blind := sight.blind()) is not None:
        raise _Blind(*blind)


def _namespaces(objects: tuple[Object, ...]) -> list[str]:
    """Where the target has anything: a Deployment left out of this release may have pods there too."""
    return sorted({value["metadata"]["namespace"] for value in objects if value["metadata"].get("namespace")})
