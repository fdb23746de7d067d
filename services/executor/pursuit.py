"""One look at a rollout's goal: send what `reconcile` asks for, tell the machine what came true or why it did not."""

from msgspec.structs import replace

from libs.durable.steerings import Stopped
from libs.messages.rollout import Broken, Settled, Surveyed
from libs.rollout.state import Phase, Rollout, awaits_cluster, is_terminal
from libs.runtime.log import logger
from libs.workload.dialogue.outlook import Outlook
from libs.workload.dialogue.wanted import Problem, Request, Superseded, Wanted
from libs.workload.kinds.objects import Object
from libs.workload.manifests.restoring import new_of
from libs.workload.reconcile import reconcile
from libs.workload.snapshot import survey, survey_requests
from services.executor.calls import Calls, Refusal
from services.executor.claim import Claim
from services.executor.goal import marks_of, wanted_of
from services.executor.papers import Papers
from services.executor.sight import Sight

RETRY_SECONDS = 15.0
"""How often a goal is looked at although nothing changed."""
POLL_SECONDS = 1.5
REFUSED_SECONDS = 1.0
ROUNDS = 20
"""How often in a row the cluster is written to before the machine is heard again."""

_log = logger()


class Pursuit:
    """Pursues one rollout's goals in its cluster."""

    def __init__(self, claim: Claim, papers: Papers, objects: tuple[Object, ...], sight: Sight, calls: Calls) -> None:
        self._claim = claim
        self._papers = papers
        self._objects = objects
        self._sight = sight
        self._calls = calls

    async def look(self, rollout: Rollout) -> float:
        """Work at the present goal; for how long to wait where nothing changes."""
        self._calls.late.begin(is_first=_is_first(rollout))
        await self._calls.settle(rollout.epoch)
        if rollout.phase is Phase.SURVEYING:
            return await self._survey(rollout)
        snapshot = await self._papers.snapshot(rollout.snapshot)
        wanted = wanted_of(self._claim.key, rollout, self._objects, snapshot)
        if wanted is None:
            return RETRY_SECONDS
        outlook = await self._reconcile(rollout, wanted)
        if isinstance(outlook, list):
            return await self._refused(rollout, outlook)
        return await self._settled(rollout, outlook)

    async def _survey(self, rollout: Rollout) -> float:
        for _ in range(ROUNDS):
            requests = survey_requests(self._objects, self._sight.seen(), rollout.services)
            if not requests:
                break
            if refusals := await self._calls.send(requests, rollout.epoch):
                return await self._refused(rollout, refusals)
        else:
            return await self._refused(rollout, [Refusal("the cluster's answers do not tell what is there", False)])
        seen, marks = self._sight.seen(), marks_of(self._claim.key, rollout)
        earlier = await self._claim.earlier_secrets(self._objects, seen, self._papers)
        found = survey(self._objects, seen, marks, rollout.services, earlier)
        if isinstance(found, Problem):
            return await self._refused(rollout, [Refusal(found.reason, True)])
        digest = await self._papers.keep(found.snapshot)
        told = Surveyed(target=rollout.target, goal=rollout.goal, workloads=found.workloads, snapshot=digest)
        await self._claim.tell(rollout, told)
        return 0

    async def _reconcile(self, rollout: Rollout, wanted: Wanted) -> Outlook | list[Refusal]:
        """Send what is asked for until only waiting is left; what is waited for, or why it was refused."""
        polled = False
        for _ in range(ROUNDS):
            await self._require_claim()
            outlook = await self._decide(wanted)
            if isinstance(outlook, list):
                break
            sent = outlook.requests or (() if polled else outlook.polls)
            if not sent:
                break
            polled = polled or not outlook.requests
            if refusals := await self._send(sent, rollout.epoch, wanted):
                return refusals
        return outlook

    async def _send(self, requests: tuple[Request, ...], epoch: int, wanted: Wanted) -> list[Refusal]:
        """Each under a claim that stands: this process may have been stopped since the one before it."""
        refusals: list[Refusal] = []
        for request in requests:
            await self._require_claim()
            refusals += await self._calls.send((request,), epoch, wanted)
        return refusals

    async def _require_claim(self) -> None:
        if is_terminal(await self._claim.recall()):
            raise Stopped

    async def _decide(self, wanted: Wanted) -> Outlook | list[Refusal]:
        seen = self._sight.seen()
        late = self._calls.late.among(new_of(wanted), seen)
        match decision := reconcile(replace(wanted, late=late), seen):
            case Superseded():
                return [await self._superseded(decision)]
            case Problem():
                return [Refusal(decision.reason, True)]
            case _:
                return decision

    async def _superseded(self, decision: Superseded) -> Refusal:
        """Stop where another process has claimed the rollout. A mark that no claim explains is told, and waited for:
        the record went back in time, as with a backup, or a person wrote that mark."""
        _log.warning("rollout_superseded", target=str(decision.target), mark=decision.mark)
        await self._claim.load()
        await self._claim.recall()
        told = (
            f"{decision.target} carries {decision.mark}, newer than this rollout's own mark: the store went back, or "
            "somebody wrote it; see that the cluster is as it should be, then abort and abandon this target, or remove "
            "that annotation"
        )
        return Refusal(told, False)

    async def _settled(self, rollout: Rollout, outlook: Outlook) -> float:
        if not outlook.is_settled:
            await self._claim.hindered(rollout, outlook.hindrance)
            return POLL_SECONDS if outlook.polls else self._claim.patience.left or RETRY_SECONDS
        if not awaits_cluster(rollout):
            return RETRY_SECONDS
        await self._claim.tell(rollout, Settled(target=rollout.target, goal=rollout.goal))
        return 0

    async def _refused(self, rollout: Rollout, refusals: list[Refusal]) -> float:
        final = next((refusal for refusal in refusals if refusal.final), None)
        if final is not None and rollout.phase in (Phase.SURVEYING, Phase.PROGRESSING):
            broken = Broken(target=rollout.target, goal=rollout.goal, reason=final.reason)
            await self._claim.tell(rollout, broken)
            return 0 if (await self._claim.recall()).goal != rollout.goal else REFUSED_SECONDS
        await self._claim.hindered(rollout, (final or refusals[0]).reason)
        return max(REFUSED_SECONDS, *(refusal.retry_seconds or 0 for refusal in refusals))


def _is_first(rollout: Rollout) -> bool:
    """Who surveys has nobody before it that made anything."""
    return rollout.epoch == 1 or rollout.phase is Phase.SURVEYING
