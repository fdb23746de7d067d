"""Which agents are registered, and which of them are connected."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from libs.api.view import AgentView
from libs.link.connections import Connection


def describe(registered: Iterable[str], streams: Sequence[Connection]) -> tuple[AgentView, ...]:
    """Every registered agent by name, with what is connected of it."""
    by_name: defaultdict[str, list[Connection]] = defaultdict(list)
    for stream in streams:
        by_name[stream.agent].append(stream)
    return tuple(_shown(name, by_name[name]) for name in sorted(registered))


def _shown(name: str, streams: Sequence[Connection]) -> AgentView:
    if not streams:
        return AgentView(name=name, connected=False)
    first = min(streams, key=lambda stream: stream.since)
    since = datetime.fromisoformat(first.since)
    return AgentView(name=name, connected=True, since=since, version=first.version, connections=len(streams))
