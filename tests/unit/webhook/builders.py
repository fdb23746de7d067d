"""Webhook runs and what is said to them, with readable defaults."""

from typing import Any

from msgspec.structs import replace

from libs.messages.run import Place, Subject, run_name
from libs.messages.webhook import CallBack, CallBegun, CallMissed, StartWebhook
from libs.webhook.state import Phase, Run

PLACE = Place(stage="strategy", step=2)
SUBJECT = Subject("shop", "prod", "prod-eu", "shop-ns", ("web-6d5f",))
RUN = run_name("prod", PLACE)


def a_start(**changes: Any) -> StartWebhook:
    start = StartWebhook(run=RUN, place=PLACE, name="tests", definitions="sha256-of-definitions", subject=SUBJECT)
    return replace(start, **changes)


def a_run(phase: Phase = Phase.CALLING, **changes: Any) -> Run:
    """One that was just started, unless `phase` and what else is said differ."""
    run = Run(phase=phase, run=RUN, place=PLACE, name="tests", definitions="sha256-of-definitions", subject=SUBJECT)
    return replace(run, **changes) if phase is not Phase.ABSENT else Run()


def begun(attempt: int = 1, process: str = "p1", retries: int = 0, calls_back: bool = True) -> CallBegun:
    return CallBegun(run=RUN, attempt=attempt, process=process, retries=retries, calls_back=calls_back)


def missed(attempt: int = 1, process: str = "p1", reason: str = "refused", is_final: bool = False) -> CallMissed:
    return CallMissed(run=RUN, attempt=attempt, process=process, reason=reason, is_final=is_final)


def a_callback(success: bool = True, message: str = "", by: str = "ci", id_: str = "") -> CallBack:
    return CallBack(run=RUN, success=success, message=message, by=by, id=id_)
