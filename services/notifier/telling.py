"""One rule's receiver: told what its rule wants, again until it has it, or given up when it fails for too long.

Whatever a receiver does holds up no other rule: each has its own consumer, and with it its own place in the stream.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from random import Random

from msgspec import Struct
from prometheus_client import Counter

from libs.config.model import NotificationRule
from libs.durable.ports import Stored, Unavailable, Unknown
from libs.messages.codec import Malformed
from libs.messages.subject import Key
from libs.runtime.clock import Clock
from libs.runtime.log import bound, logger
from services.notifier.delivery import Delivery, Missed, Notice, Refused
from services.notifier.facts import Fact, fact_of, wants
from services.notifier.memory import Memory
from services.notifier.words import document, slack

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
_STORE_PAUSE_SECONDS = 2.0

_log = logger()


class Tools(Struct, frozen=True):
    """What every rule's telling shares."""

    delivery: Delivery
    application_of: Callable[[Key], Awaitable[str]]
    clock: Clock
    random: Random
    told: Counter
    """By outcome: `sent`, `retried`, `given_up`, `failed`."""
    public_url: str
    give_up_seconds: float
    oldest_seconds: float


class Telling:
    def __init__(self, tenant: str, rule: NotificationRule, since: datetime, tools: Tools) -> None:
        self._tenant = tenant
        self._rule = rule
        self._since = since
        self._tools = tools
        self._memory = Memory()
        self._failures = 0
        self._failing_since = 0.0

    async def hear(self, stored: Stored) -> None:
        """Returns when the fact is told, unwanted or given up: it need not come again."""
        with bound(rule=self._rule.name, subject=stored.subject):
            try:
                await self._hear(stored)
            except Malformed as error:
                _log.warning("event_unreadable", error=str(error))
            except Exception:  # noqa: BLE001 - one fact that cannot be told must not keep the next ones waiting
                self._tools.told.labels("failed").inc()
                _log.exception("notification_failed")

    async def _hear(self, stored: Stored) -> None:
        if stored.at < max(self._since, self._tools.clock.now() - timedelta(seconds=self._tools.oldest_seconds)):
            return
        fact = fact_of(stored)
        application = await self._application(fact)
        self._memory.hear(fact)
        if wants(self._rule, fact, application) and await self._tell(self._notice(fact, application)):
            self._memory.tell(fact)
        self._memory.forget(fact)

    async def _application(self, fact: Fact) -> str:
        while True:
            try:
                return await self._tools.application_of(fact.key.whole())
            except (Unavailable, Unknown) as error:
                _log.warning("notification_waits", reason=str(error))
                await self._tools.clock.sleep(_STORE_PAUSE_SECONDS)

    def _notice(self, fact: Fact, application: str) -> Notice:
        base = self._tools.public_url
        url = f"{base}/api/v1/deployments/{fact.key.deployment}" if base else ""
        body = slack if self._rule.kind == "slack" else document
        return Notice(fact.id, body(self._memory.news(fact), application, url))

    async def _tell(self, notice: Notice) -> bool:
        """Whether the receiver has it."""
        while True:
            try:
                await self._tools.delivery.send(self._tenant, self._rule, notice, self._tools.clock.now())
            except Refused as error:
                self._give_up(notice, str(error))
                return False
            except Missed as error:
                seconds = self._missed(error)
                if self._tools.clock.monotonic() - self._failing_since >= self._tools.give_up_seconds:
                    self._give_up(notice, str(error))
                    # The next notice is tried as well: less often, so that a dead receiver costs little.
                    await self._tools.clock.sleep(seconds)
                    return False
                _log.info("notification_missed", event_id=notice.id, reason=str(error), seconds=seconds)
                self._tools.told.labels("retried").inc()
                await self._tools.clock.sleep(seconds)
            else:
                self._failures = 0
                self._tools.told.labels("sent").inc()
                _log.info("notification_sent", event_id=notice.id)
                return True

    def _missed(self, error: Missed) -> float:
        """How long to leave the receiver alone."""
        if self._failures == 0:
            self._failing_since = self._tools.clock.monotonic()
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures, 10))
        self._failures += 1
        jitter: float = self._tools.random.uniform(0.5, 1)
        return max(error.after, pause * jitter)

    def _give_up(self, notice: Notice, reason: str) -> None:
        self._tools.told.labels("given_up").inc()
        _log.warning("notification_given_up", event_id=notice.id, reason=reason)
