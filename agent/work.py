"""One request from ask to last frame: what is held back, then the verb, then why there is no answer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from agent.limits import Fence, Limits
from agent.verbs import Verbs
from libs.link.answer import problem_of
from libs.link.port import NoAnswer, Refused
from libs.messages.agent import Ask, Frame
from libs.runtime import log

READS = frozenset({"GET", "HEAD"})


class Work:
    """What this process does for whoever asks; the same for all of its streams."""

    def __init__(self, verbs: Verbs, limits: Limits, fence: Fence) -> None:
        self._verbs = verbs
        self._limits = limits
        self._fence = fence

    @property
    def verbs(self) -> tuple[str, ...]:
        return tuple(self._verbs.table)

    async def answer(self, ask: Ask) -> AsyncGenerator[Frame, None]:
        """The frames of the answer; a problem is the last one."""
        seq = 0
        try:
            async with aclosing(self._begin(ask)) as frames:
                async for frame in frames:
                    seq = frame.seq + 1
                    yield frame
        except NoAnswer as failure:
            yield Frame(seq, last=True, problem=problem_of(failure))
        except Exception as error:  # noqa: BLE001 - one request must not end the stream that carries others
            log.logger().error("request_failed", verb=ask.verb, path=ask.path, exc_info=error)
            yield Frame(seq, last=True, problem="gone: the agent failed; its log says why")

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
