"""Who may say and hear what inside NATS: one user a process, written as the server's own configuration.

What a process publishes follows from the noun that it owns. Two limits of the server are not hidden here: it cannot
tell one durable consumer's name from another, so whoever may pull may pull anybody's messages; and whoever may arm
timers can aim them at any subject of the stream: those are one trust boundary. Gateway and notifier are outside it.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct


class User(Struct, frozen=True):
    publish: Sequence[str]
    subscribe: Sequence[str] = ()


_INBOX = "_INBOX.>"
_READING = (
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.INFO.*",
    "$JS.API.STREAM.MSG.GET.*",
    "$JS.API.CONSUMER.CREATE.>",
    "$JS.API.CONSUMER.INFO.>",
    "$JS.API.CONSUMER.DELETE.>",
    "$JS.API.CONSUMER.MSG.NEXT.>",
    "$JS.FC.>",
)
_PULLING = (*_READING, "$JS.API.CONSUMER.RESET.FAIRLEAD.>", "$JS.ACK.FAIRLEAD.>", "$KV.lease.>", "hint.partitions.*")
_BLOBS = ("$O.blobs.>",)
_ASKING = ("agent.*.*.request", "agent-control.>")
_HINTS = ("hint.partitions.*",)


def _owner(noun: str, *more: str) -> tuple[str, ...]:
    """What the owner of a noun publishes: its records, facts and timers, and that a message could not be handled."""
    own = (f"state.*.{noun}.>", f"evt.*.{noun}.>", f"timer.*.{noun}.>", "evt.*.fault.>")
    return (*_PULLING, *_BLOBS, *own, *more)


USERS: Mapping[str, User] = {
    "bootstrap": User(("$JS.API.>", "$KV.config.>", "$O.blobs.>")),
    "identity": User((*_READING, "$KV.config.>")),
    "intake": User(
        (*_READING, *_BLOBS, "$KV.config.>", "state.*.submission.>", "state.*.lock.>", "cmd.>"), ("live.>",)
    ),
    "planner": User(_owner("deployment", "evt.*.gate.>", "state.*.lock.>", "cmd.>"), _HINTS),
    "executor": User(
        _owner("rollout", "evt.*.gate.>", "cmd.*.webhook.>", "cmd.*.analysis.>", "live.>", *_ASKING),
        (*_HINTS, "agent.*.*.connected"),
    ),
    "webhooks": User(_owner("webhook", *_ASKING), (*_HINTS, "agent.*.*.connected")),
    "evaluator": User(_owner("analysis", *_ASKING), (*_HINTS, "agent.*.*.connected")),
    # It answers into the inbox of whoever asked.
    "gateway": User(
        (*_READING, "$KV.connections.>", "evt.*.agent.>", "agent.*.*.connected", _INBOX),
        ("agent.*.*.request", "agent-control.>"),
    ),
    "notifier": User(_PULLING, _HINTS),
}


def users_page() -> str:
    """`k8s/nats/users.conf`."""
    entries = "\n".join(_entry(name, user) for name, user in USERS.items())
    head = "# Generated from tools/natsusers.py by `make docs`; do not edit. Passwords are variables.\n"
    return f"{head}authorization {{\n  users = [\n{entries}\n  ]\n}}\n"


def _entry(name: str, user: User) -> str:
    return (
        f"    {{\n      user: {name}, password: $NATS_PASSWORD_{name.upper()}\n      permissions: {{\n"
        f"        publish: {{ allow: [{_quoted(user.publish)}] }}\n"
        f"        subscribe: {{ allow: [{_quoted((_INBOX, *user.subscribe))}] }}\n      }}\n    }}"
    )


def _quoted(subjects: Sequence[str]) -> str:
    lines = "".join(f'\n          "{subject}",' for subject in subjects)
    return lines.removesuffix(",") + "\n        "
