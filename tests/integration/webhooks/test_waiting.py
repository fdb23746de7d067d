"""What takes long, or never comes: on a clock that skips."""

import asyncio
from functools import partial

import pytest
from structlog.testing import capture_logs

from libs.spec.model import Webhook
from libs.webhook.state import Phase, Run
from services.webhooks.calling.rendering import Request
from services.webhooks.calling.way import Answer
from tests.crash import Fuse
from tests.integration.crash.plane import NEVER, meanwhile
from tests.integration.crash.skipping import run
from tests.integration.webhooks.stage import Stage


async def until_the_end(stage: Stage, webhook: Webhook) -> tuple[Run, float]:
    """How it ended, and after how many seconds."""
    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(stage.broker.run())
        await stage.start(webhook)
        async with meanwhile(partial(Stage.live, stage)(Fuse(NEVER, after=False))):
            await stage.until(Phase.SUCCEEDED, Phase.FAILED)
        ticking.cancel()
    return await stage.run(), stage.clock.monotonic()


def ended(webhook: Webhook, way: type | None = None) -> tuple[Run, float]:
    async def main() -> tuple[Run, float]:
        return await until_the_end(Stage(way() if way else None), webhook)

    return run(main())


@pytest.mark.feature("F117")
def test_callback_is_waited_for_a_day() -> None:
    found, seconds = ended(Webhook(uri="https://ci.test/", retries=1))
    assert (found.phase, found.reason) == (Phase.FAILED, "no callback came within 24 hours")
    assert 24 * 3600 <= seconds < 24 * 3600 + 60


@pytest.mark.feature("F111")
def test_agent_is_waited_for_half_an_hour() -> None:
    found, seconds = ended(Webhook(uri="https://ci.test/", through_agent=True))
    assert found.reason.startswith("not called within 30 minutes: agent prod-eu cannot be asked")
    assert (found.attempt, 1800 <= seconds < 1860) == (1, True)


class Failing:
    """What nobody foresaw, with a secret in its words."""

    async def send(self, request: Request, seconds: float) -> Answer:
        raise RuntimeError("hush-hush")


def test_unforeseen_failure_ends_in_words() -> None:
    with capture_logs() as logs:
        found, _ = ended(Webhook(uri="https://ci.test/"), Failing)
    assert found.reason == "the service fails at this webhook: RuntimeError"
    failures = [line for line in logs if line["event"] == "webhook_failed"]
    assert len(failures) == 5
    assert "hush" not in str(logs)
    assert "test_waiting.py" in failures[0]["where"]


def test_missing_public_address_is_told() -> None:
    async def main() -> tuple[Run, float]:
        stage = Stage()
        stage.public_url = ""
        return await until_the_end(stage, Webhook(uri="https://ci.test/?back={{armory.callbackUri}}"))

    found, _ = run(main())
    assert found.reason == (
        "uriTemplate, line 1, column 23: {{armory.callbackUri}} has no value: "
        "the webhooks service is not told FAIRLEAD_PUBLIC_URL"
    )


class Refusing:
    async def send(self, request: Request, seconds: float) -> Answer:
        return Answer(503)


@pytest.mark.feature("F113")
def test_pauses_between_attempts_double() -> None:
    found, seconds = ended(Webhook(uri="https://ci.test/", retries=4), Refusing)
    assert found.reason == "attempt 5 of 5: Received non-2xx status code: 503"
    assert 1 + 2 + 4 + 8 <= seconds < 1 + 2 + 4 + 8 + 2
