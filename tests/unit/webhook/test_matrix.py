"""Every message in every phase of a webhook run: a pair that nobody thought of is a hole in this table."""

import pytest
from msgspec.structs import replace

from libs.messages.codec import MESSAGES
from libs.messages.message import Arm, Message, Output, TimerFired
from libs.messages.webhook import (
    CallAnswered,
    CallBackRefused,
    CallBroken,
    CallHindered,
    CancelWebhook,
)
from libs.webhook.machine import advance
from libs.webhook.state import Phase, Run
from tests.matrix import cells
from tests.unit.webhook.builders import RUN, a_callback, a_run, a_start, begun, missed

# `noted`: the state changes within its phase. `told`: the state stays, something is said. `waits`: only a timer is
# armed again. `-`: nothing. `plain` is a run whose webhook wants no callback, `last` one at its last attempt.
MATRIX = """
                     | absent    new       begun     plain     last      pausing   hindered  waiting
StartWebhook         | calling   -         -         -         -         -         -         -
CancelWebhook        | cancelled cancelled cancelled cancelled cancelled cancelled cancelled cancelled
CallBack-success     | refused   refused   succeeded refused   succeeded succeeded succeeded succeeded
CallBack-failure     | refused   refused   failed    refused   failed    failed    failed    failed
CallBegun-first      | -         noted     -         -         -         -         -         -
CallBegun-next       | -         -         -         -         -         -         -         -
CallBegun-other      | -         noted     noted     noted     -         -         noted     -
CallAnswered         | -         -         waiting   succeeded waiting   waiting   waiting   -
CallAnswered-later   | -         -         -         -         -         -         -         -
CallMissed           | -         -         noted     noted     -         -         noted     -
CallMissed-last      | -         -         -         -         failed    -         -         -
CallMissed-final     | -         -         failed    failed    -         -         failed    -
CallMissed-other     | -         -         -         -         -         -         -         -
CallHindered         | -         -         noted     noted     -         -         noted     -
CallHindered-again   | -         -         noted     noted     -         -         -         -
CallBroken           | -         failed    failed    failed    failed    failed    failed    -
TimerFired-check     | -         waits     waits     waits     waits     waits     waits     -
TimerFired-retry     | -         -         -         -         -         noted     -         -
TimerFired-agent     | -         -         -         -         -         -         failed    -
TimerFired-callback  | -         -         -         -         -         -         -         failed
TimerFired-unknown   | -         -         -         -         -         -         -         -

                     | succeeded failed    timed-out cancelled
StartWebhook         | told      told      told      told
CancelWebhook        | -         -         -         -
CallBack-success     | refused   refused   refused   refused
CallBack-failure     | refused   refused   refused   refused
CallBegun-first      | -         -         -         -
CallBegun-next       | -         -         -         -
CallBegun-other      | -         -         -         -
CallAnswered         | -         -         -         -
CallAnswered-later   | -         -         -         -
CallMissed           | -         -         -         -
CallMissed-last      | -         -         -         -
CallMissed-final     | -         -         -         -
CallMissed-other     | -         -         -         -
CallHindered         | -         -         -         -
CallHindered-again   | -         -         -         -
CallBroken           | -         -         -         -
TimerFired-check     | -         -         -         -
TimerFired-retry     | -         -         -         -
TimerFired-agent     | -         -         -         -
TimerFired-callback  | -         -         -         -
TimerFired-unknown   | -         -         -         -
"""

BEGUN = a_run(attempt=1, process="p1", retries=2)
RUNS: dict[str, Run] = {
    "absent": a_run(Phase.ABSENT),
    "new": a_run(),
    "begun": BEGUN,
    "plain": replace(BEGUN, calls_back=False),
    "last": replace(BEGUN, attempt=3),
    "pausing": replace(BEGUN, process="", is_pausing=True),
    "hindered": replace(BEGUN, hindrance="agent prod-eu is away"),
    "waiting": a_run(Phase.WAITING, attempt=1, retries=2),
    "succeeded": a_run(Phase.SUCCEEDED, attempt=1, by="ci"),
    "failed": a_run(Phase.FAILED, attempt=1, by="ci", reason="ci called back that it failed"),
    "timed-out": a_run(Phase.FAILED, attempt=1, reason="no callback came within 24 hours"),
    "cancelled": a_run(Phase.CANCELLED, attempt=1),
}
MESSAGES_TOLD: dict[str, Message] = {
    "StartWebhook": a_start(),
    "CancelWebhook": CancelWebhook(run=RUN),
    "CallBack-success": a_callback(),
    "CallBack-failure": a_callback(success=False),
    "CallBegun-first": begun(1, "p1"),
    "CallBegun-next": begun(2, "p1"),
    "CallBegun-other": begun(1, "p2"),
    "CallAnswered": CallAnswered(run=RUN, attempt=1, status=204),
    "CallAnswered-later": CallAnswered(run=RUN, attempt=4, status=204),
    "CallMissed": missed(1),
    "CallMissed-last": missed(3),
    "CallMissed-final": missed(1, is_final=True),
    "CallMissed-other": missed(1, "p2"),
    "CallHindered": CallHindered(run=RUN, attempt=1, reason="agent prod-eu is busy"),
    "CallHindered-again": CallHindered(run=RUN, attempt=1, reason="agent prod-eu is away"),
    "CallBroken": CallBroken(run=RUN, reason="{{context.owner}} has no value"),
    **{f"TimerFired-{name}": TimerFired(name=name) for name in ("check", "retry", "agent", "callback", "unknown")},
}
TABLE = cells(MATRIX)


def outcome(before: Run, after: Run, outputs: tuple[Output, ...]) -> str:
    if any(isinstance(output, CallBackRefused) for output in outputs):
        return "refused"
    if after.phase is not before.phase:
        return after.phase
    if after != before:
        return "noted"
    if not outputs:
        return "-"
    return "waits" if all(isinstance(output, Arm) for output in outputs) else "told"


@pytest.mark.parametrize(("situation", "message"), TABLE)
def test_pair_does_what_the_table_says(situation: str, message: str) -> None:
    before, told = RUNS[situation], MESSAGES_TOLD[message]
    after, outputs = advance(before, told)
    assert outcome(before, after, outputs) == TABLE[situation, message]
    if not isinstance(told, TimerFired):
        assert advance(after, told)[0] == after, "twice equals once"


def test_no_pair_is_missing() -> None:
    assert set(TABLE) == {(situation, message) for situation in RUNS for message in MESSAGES_TOLD}


def test_every_order_and_sight_is_in_the_table() -> None:
    spoken = {type(message).address for message in MESSAGES_TOLD.values()}
    assert {address for address in MESSAGES if address.startswith(("cmd.webhook.", "obs.webhook."))} <= spoken
