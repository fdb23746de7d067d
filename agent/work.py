"""One request from ask to last frame: what is held back, then the verb, then why there is no answer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from prometheus_client import CollectorRegistry, Counter

from agent.limits import Fence, Limits
from agent.verbs import Verbs
from libs.link.answer import problem_of
from libs.link.port import NoAnswer, Refused
from libs.messages.agent import Ask, Frame
from libs.runtime import log

READS = frozenset({"GET", "HEAD"})


class Work:
    """What this process does for whoever asks; the same for all of its streams."""

    def __init__(self, verbs: Verbs, limits: Limits, fence: Fence, registry: CollectorRegistry) -> None:
        self._verbs = verbs
        self._limits = limits
        self._fence = fence
        self._answers = Counter(
            "fairlead_agent_answers",
            "Requests answered, by verb and by how: whole, or the kind of problem.",
            ("verb", "how"),
            registry=registry,
        )

    @property
    def verbs(self) -> tuple[str, ...]:
        return tuple(self._verbs.table)

    async def cluster_name(self) -> str:
        return await self._verbs.cluster_name()

    async def answer(self, ask: Ask) -> AsyncGenerator[Frame, None]:
        """The frames of the answer; a problem is the last one."""
        seq = 0
        try:
            async with aclosing(self._begin(ask)) as frames:
                async for frame in frames:
                    seq = frame.seq + 1
                    yield frame
            self._count(ask, "whole")
        except NoAnswer as failure:
            self._count(ask, type(failure).__name__.lower())
            yield Frame(seq, last=True, problem=problem_of(failure))
        except Exception as error:  # noqa: BLE001 - one request must not end the stream that carries others
            self._count(ask, "failed")
            log.logger().error("request_failed", verb=ask.verb, path=ask.path, exc_info=error)
            yield Frame(seq, last=True, problem="gone: the agent failed; its log says why")

    def _count(self, ask: Ask, how: str) -> None:
        # The verb comes from outside: one that does not exist must not become a label of its own.
        self._answers.labels(ask.verb if ask.verb in self._verbs.table else "unknown", how).inc()

    async def _begin(self, ask: Ask) -> AsyncGenerator[Frame, None]:
        verb = self._verbs.table.get(ask.verb)
        if verb is None:
            raise Refused(f"this agent's release does not know the verb {ask.verb[:64]!r}")
        async with self._limits.slot(is_watch=ask.verb == "watch"):
            if ask.method not in READS:
                # After the wait for a slot: an epoch may have ended meanwhile.
                self._fence.check(ask.fence_target, ask.fence_epoch)
            async with aclosing(verb(ask)) as frames:
                async for frame in frames:
                    yield frame
