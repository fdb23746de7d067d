"""What must exist in JetStream before anything runs: the stream, the buckets, the blobs. Made where it is missing."""

from typing import Any

from msgspec import Struct

from libs.bus.connection import Connection, Refused
from libs.bus.pull import STREAM
from libs.durable.ports import Unavailable, WentBack
from libs.store.layout import BLOBS, BUCKETS, blob_subject, blobs_stream, bucket_stream

_NANOSECONDS = 1_000_000_000
_IN_USE = 10058
_NO_PEERS = 10005

_DISK: dict[str, Any] = {
    "storage": "file",
    "retention": "limits",
    "max_msgs": -1,
    "max_bytes": -1,
    "max_age": 0,
    "allow_direct": False,
}


class Differs(Exception):
    """The server holds a stream of this name with another configuration: nothing is changed without a person."""


class _Described(Struct, frozen=True):
    config: dict[str, Any]


async def prepare(connection: Connection, replicas: int = 1) -> None:
    """Make what is missing; refuse by name what is there and differs.

    What is there is only looked at: a process whose NATS user may create no stream starts once somebody else has.
    """
    for config in (_stream(replicas), *(_bucket(name, replicas) for name in BUCKETS), _blobs(replicas)):
        if (found := await _found(connection, config["name"])) is None:
            await _make(connection, config)
        else:
            _compare(config, found)


async def _found(connection: Connection, name: str) -> dict[str, Any] | None:
    try:
        return (await connection.ask(f"STREAM.INFO.{name}", {}, _Described)).config
    except WentBack:
        return None


async def _make(connection: Connection, config: dict[str, Any]) -> None:
    try:
        await connection.ask(f"STREAM.CREATE.{config['name']}", config, object)
    except Refused as error:
        if error.code == _NO_PEERS:  # a node that starts, or is started again, counts as offline for a while
            raise Unavailable(
                f"{config['num_replicas']} nodes of NATS are needed, and are not there yet: {error}"
            ) from error
        if error.code != _IN_USE:
            raise
        _compare(config, await _found(connection, config["name"]) or {})


def _compare(config: dict[str, Any], found: dict[str, Any]) -> None:
    differences = [
        f"{name} is {found.get(name)!r}, must be {value!r}"
        for name, value in config.items()
        if (found.get(name) or None) != (value or None)
    ]
    if differences:
        raise Differs(f"stream {config['name']}: {'; '.join(differences)}")


def _stream(replicas: int) -> dict[str, Any]:
    """No limit may drop anything, so `discard: old` never happens; the server schedules nothing with `new`.

    Reads that decide must see the last write, so none goes to a replica that lags (`allow_direct`).
    """
    return _DISK | {
        "name": STREAM,
        "subjects": ["cmd.>", "evt.>", "state.>", "timer.>", "due.>"],
        "num_replicas": replicas,
        "discard": "old",
        "max_msgs_per_subject": -1,
        "duplicate_window": 600 * _NANOSECONDS,
        "deny_delete": True,
        "allow_atomic": True,
        "allow_msg_schedules": True,
    }


def _bucket(name: str, replicas: int) -> dict[str, Any]:
    """A key-value bucket as every NATS tool knows it; an expired key leaves no marker, so it can be made again."""
    return _DISK | {
        "name": bucket_stream(name),
        "subjects": [f"$KV.{name}.>"],
        "num_replicas": replicas,
        "discard": "new",
        "max_msgs_per_subject": 1,
        "allow_rollup_hdrs": True,
        "allow_msg_ttl": True,
        "deny_delete": True,
    }


def _blobs(replicas: int) -> dict[str, Any]:
    return _DISK | {
        "name": blobs_stream(),
        "subjects": [f"$O.{BLOBS}.C.>", f"$O.{BLOBS}.M.>", blob_subject(">")],
        "num_replicas": replicas,
        "discard": "new",
        "allow_rollup_hdrs": True,
    }
