"""How a webhook run decides.

    absent ──StartWebhook──▶ calling ──CallAnswered──▶ waiting ──CallBack──▶ succeeded | failed
                              │   ▲                       └──24 h──▶ failed
                              │   └── CallMissed, after 1 s, 2 s, 4 s, … while attempts are left
                              ├── CallMissed (the last), CallBroken, agent away for too long ──▶ failed
                              └── CallAnswered where no callback is wanted ──▶ succeeded

    CancelWebhook ends any of them, and keeps one that was never started from starting.

An attempt is committed before it is made (`CallBegun`). A process that finds one begun by a process that is gone makes
it again under the same number, from which its delivery id follows: whoever is called can tell a repeat. So every
attempt reaches the other side at least once or its failure is known; at most once nobody can promise.
"""

from msgspec.structs import replace

from libs.messages.machine import Machine, Transition
from libs.messages.message import Arm, Disarm, Message, Output, TimerFired
from libs.messages.webhook import (
    CallAnswered,
    CallBack,
    CallBackRefused,
    CallBegun,
    CallBroken,
    CallHindered,
    CallMissed,
    CancelWebhook,
    StartWebhook,
)
from libs.webhook import facts
from libs.webhook.state import Phase, Run, is_terminal

CALLBACK = "callback"
CALLBACK_SECONDS = 24 * 3600
RETRY = "retry"
RETRY_MOST_SECONDS = 300
AGENT = "agent"
AGENT_SECONDS = 1800
"""How long an agent that is away is waited for before the webhook counts as failed."""
CHECK = "check"
"""Wakes a run that is to be called, so that no lost message can strand it."""
CHECK_SECONDS = 900


def advance(run: Run, message: Message) -> Transition[Run]:
    """Apply one message. A message that no longer applies changes nothing; a late callback is refused in words."""
    match run.phase, message:
        case Phase.ABSENT, StartWebhook():
            return _start(message)
        case _, StartWebhook() if is_terminal(run):
            return run, (facts.outcome_again(run, message),)
        case _, CancelWebhook(run=name) if not is_terminal(run):
            return _cancel(replace(run, run=name))
        case _, CallBack(id=run.callback) if message.id:
            return run, ()
        case _, CallBack():
            return _called_back(run, message)
        case Phase.CALLING, _:
            return _calling(run, message)
        case Phase.WAITING, TimerFired(name="callback"):
            return _fail(run, f"no callback came within {CALLBACK_SECONDS // 3600} hours")
        case _:
            return run, ()


def _calling(run: Run, message: Message) -> Transition[Run]:
    match message:
        case CallBegun():
            return _begin(run, message)
        # Of an earlier attempt too: it has reached the other side, whatever became of the one after.
        case CallAnswered(attempt=attempt, status=status) if 1 <= attempt <= run.attempt:
            return _answered(run, status)
        case CallMissed(attempt=run.attempt, process=run.process) if run.process:
            return _missed(run, message)
        case CallHindered(attempt=run.attempt, reason=reason) if run.process and reason != run.hindrance:
            return _hindered(run, reason)
        case CallBroken(reason=reason):
            return _fail(run, reason)
        case TimerFired(name=name):
            return _woken(run, name)
        case _:
            return run, ()


def _start(order: StartWebhook) -> Transition[Run]:
    begun = Run(
        phase=Phase.CALLING,
        run=order.run,
        place=order.place,
        name=order.name,
        definitions=order.definitions,
        subject=order.subject,
    )
    return begun, (Arm(CHECK, CHECK_SECONDS),)


def _begin(run: Run, begun: CallBegun) -> Transition[Run]:
    is_next = not run.process and not run.is_pausing and begun.attempt == run.attempt + 1
    is_left = bool(run.process) and begun.process != run.process and begun.attempt == run.attempt
    if not is_next and not is_left:
        return run, ()
    claimed = replace(
        run, attempt=begun.attempt, process=begun.process, retries=begun.retries, calls_back=begun.calls_back
    )
    return claimed, ()


def _answered(run: Run, status: int) -> Transition[Run]:
    settled = replace(run, process="", is_pausing=False, hindrance="")
    if not run.calls_back:
        return _succeed(settled, f"answered with {status}", "")
    timers = (Disarm(CHECK), Disarm(RETRY), Disarm(AGENT), Arm(CALLBACK, CALLBACK_SECONDS))
    return replace(settled, phase=Phase.WAITING), (facts.called(run, status), *timers)


def _missed(run: Run, missed: CallMissed) -> Transition[Run]:
    attempts = run.retries + 1
    which = f"attempt {run.attempt} of {attempts}: " if run.retries > 0 else ""
    reason = which + missed.reason
    if missed.is_final or run.attempt >= attempts:
        return _fail(run, reason)
    seconds = min(2 ** min(run.attempt - 1, 16), RETRY_MOST_SECONDS)
    pausing = replace(run, process="", is_pausing=True, hindrance="")
    told = facts.hindered(run, f"{reason}; called again in {seconds} s")
    return pausing, (told, Disarm(AGENT), Arm(RETRY, seconds))


def _hindered(run: Run, reason: str) -> Transition[Run]:
    begun: tuple[Output, ...] = () if run.hindrance else (Arm(AGENT, AGENT_SECONDS),)
    return replace(run, hindrance=reason), (facts.hindered(run, reason), *begun)


def _woken(run: Run, timer: str) -> Transition[Run]:
    match timer:
        case "check":
            return run, (Arm(CHECK, CHECK_SECONDS),)
        case "retry" if run.is_pausing:
            return replace(run, is_pausing=False), ()
        case "agent" if run.hindrance:
            return _fail(run, f"not called within {AGENT_SECONDS // 60} minutes: {run.hindrance}")
        case _:
            return run, ()


def _called_back(run: Run, callback: CallBack) -> Transition[Run]:
    """A callback may come before the call's own answer, and after the answer to an attempt was lost."""
    if problem := facts.refusal(run):
        # The run's name ends with its target's, should the run itself know nothing.
        target = run.subject.target or callback.run.split("/", 3)[-1]
        return run, (CallBackRefused(target=target, order=CallBack.address, reason=problem),)
    answered = replace(run, process="", is_pausing=False, hindrance="", by=callback.by, callback=callback.id)
    if callback.success:
        return _succeed(answered, callback.message, callback.by)
    said = f": {callback.message}" if callback.message else ""
    return _fail(answered, f"{callback.by} called back that it failed{said}")


def _succeed(run: Run, message: str, by: str) -> Transition[Run]:
    ended = replace(run, phase=Phase.SUCCEEDED, message=message, by=by)
    return ended, (facts.outcome(ended),)


def _fail(run: Run, reason: str) -> Transition[Run]:
    ended = replace(run, phase=Phase.FAILED, process="", is_pausing=False, reason=reason)
    return ended, (facts.outcome(ended),)


def _cancel(run: Run) -> Transition[Run]:
    ended = replace(run, phase=Phase.CANCELLED, process="", is_pausing=False)
    if run.phase is Phase.ABSENT:
        return ended, ()
    return ended, (facts.cancelled(run),)


MACHINE = Machine(noun="webhook", state=Run, initial=Run(), advance=advance, is_terminal=is_terminal)
