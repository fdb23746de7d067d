"""Is everything ready that may need the new version's pods to become so? Asked once these are there."""

from libs.workload.dialogue.outlook import CLEAR, Outlook
from libs.workload.dialogue.requests import read
from libs.workload.dialogue.wanted import Seen, Wanted
from libs.workload.kinds.objects import Identity, identity, text
from libs.workload.kinds.readiness import is_waited_for_last, unready
from libs.workload.manifests.applying import plain


def all_ready(wanted: Wanted, seen: Seen) -> Outlook:
    """No watch shows these: they are read once more before one is taken for ready, and again while one is not."""
    if not wanted.is_last:
        return CLEAR
    waited = [value for value in plain(wanted.objects) if is_waited_for_last(value)]
    reads = {identity(value): read(text(value, "apiVersion"), identity(value)) for value in waited}
    unread = tuple(request for place, request in reads.items() if place not in seen.objects)
    if unread:
        return Outlook(requests=unread)
    waits = (_wait(place, seen) for place in reads)
    return Outlook(waits=tuple(wait for wait in waits if wait), polls=tuple(reads.values()))


def _wait(place: Identity, seen: Seen) -> str:
    live = seen.objects[place]
    why = "it is gone: somebody deleted it during the rollout" if live is None else unready(live)
    return f"{place}: {why}" if why else ""
