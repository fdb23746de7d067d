"""Scaling while a release moves pods: held from before the first pod moves, and given back when the last has moved.

Two that set one size undo each other's work. So an autoscaler is deleted, by its uid, before anything else is written;
in the end the one of the manifests follows the new version, and a return makes again what was recorded. From the
instant it is back the sizes of its workload are its own: nothing here corrects them.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from libs.messages.rollout import Workload
from libs.workload.autoscaling.aims import aim_of, aimed, autoscalers
from libs.workload.dialogue.fence import Standing, following, standing
from libs.workload.dialogue.outlook import CLEAR, Outlook, combined
from libs.workload.dialogue.requests import apply, claim, delete, read, rehearsal_of, rehearse
from libs.workload.dialogue.wanted import Scaled, Seen, Wanted
from libs.workload.kinds.naming import APPLIED, rollout_annotation
from libs.workload.kinds.objects import (
    Identity,
    Object,
    annotation,
    deployment_identity,
    identity,
    is_leaving,
    table,
    text,
)
from libs.workload.manifests.applying import as_read, desired


def known(wanted: Wanted, seen: Seen) -> Outlook:
    """Everything here has been read."""
    places = {place: version for _, place, version in _scalings(wanted)}
    return Outlook(requests=tuple(read(places[place], place) for place in sorted(places) if place not in seen.objects))


def held(wanted: Wanted, seen: Seen) -> Outlook:
    """Nothing scales what is released."""
    unread = known(wanted, seen)
    if unread.requests:
        return unread
    uids = {one.identity: one.uid for one in wanted.snapshot.autoscalers}
    return combined(_held(place, version, uids.get(place, ""), seen) for _, place, version in _scalings(wanted))


def rehearsed(wanted: Wanted, seen: Seen) -> Outlook:
    """What comes last would be taken: that it would not is worth knowing before the first pod moves."""
    every = (_ours(value, workload, wanted) for value, workload in _following(wanted))
    return Outlook(requests=tuple(rehearse(one) for one in every if rehearsal_of(identity(one)) not in seen.objects))


def followed(wanted: Wanted, seen: Seen) -> Outlook:
    """The manifests' autoscalers are there, each on the new version; on its Deployment where that is kept."""
    return combined(_followed(value, workload, wanted, seen) for value, workload in _following(wanted))


def safe(wanted: Wanted, seen: Seen) -> Outlook:
    """Before a return: what was never taken away is kept from a request to delete it that may still be under way."""
    unread = known(wanted, seen)
    if unread.requests:
        return unread
    kept = ((one, seen.objects.get(one.identity)) for one in wanted.snapshot.autoscalers)
    return Outlook(
        requests=tuple(
            claim(live, wanted.marks, wanted.fence)
            for one, live in kept
            if live is not None and not is_leaving(live) and _must_claim(one, live, wanted)
        )
    )


def restored(wanted: Wanted, seen: Seen) -> Outlook:
    """Every recorded autoscaler is there again."""
    return combined(_restored(one, wanted, seen) for one in wanted.snapshot.autoscalers)


def unscaled(wanted: Wanted, seen: Seen) -> Wanted:
    """Without the workloads whose sizes are an autoscaler's own again, and without the Services that lead to them."""
    back = {deployment for deployment, place, _ in _scalings(wanted) if _is_back(seen.objects.get(place), wanted)}
    workloads = (one for one in wanted.workloads if deployment_identity(one.namespace, one.name) not in back)
    services = (
        one for one in wanted.snapshot.services if deployment_identity(one.identity.namespace, one.workload) not in back
    )
    return replace(wanted, workloads=tuple(workloads), snapshot=replace(wanted.snapshot, services=tuple(services)))


def _scalings(wanted: Wanted) -> Iterator[tuple[Identity, Identity, str]]:
    """Each Deployment with an autoscaler that it has or had, and how that is read."""
    found = {}
    for one in wanted.snapshot.autoscalers:
        deployment = deployment_identity(one.identity.namespace, one.workload)
        found[one.identity] = (deployment, one.identity, text(one.manifest, "apiVersion"))
    for deployment, value in autoscalers(wanted.objects).items():
        found[identity(value)] = (deployment, identity(value), text(value, "apiVersion"))
    yield from found.values()


def _is_back(live: Object | None, wanted: Wanted) -> bool:
    return not is_leaving(live) and bool(annotation(live, rollout_annotation(wanted.marks)))


def _held(place: Identity, version: str, uid: str, seen: Seen) -> Outlook:
    live, polls = seen.objects.get(place), (read(version, place),)
    if live is None:
        return CLEAR
    if is_leaving(live):
        return Outlook(waits=(f"{place} is being deleted",), polls=polls)
    if text(live, "metadata", "uid") == uid:
        return Outlook(requests=(delete(live, version, place),), polls=polls)
    stranger = f"{place} was made by somebody since this rollout began, which scales by itself: delete it"
    return Outlook(waits=(stranger,), polls=polls)


def _followed(manifest: Object, workload: Workload, wanted: Wanted, seen: Seen) -> Outlook:
    place = identity(manifest)
    live = seen.objects.get(place)
    if live is not None and is_leaving(live):
        return Outlook(waits=(f"{place} is being deleted",), polls=(read(text(manifest, "apiVersion"), place),))
    ours = _ours(manifest, workload, wanted)
    if annotation(live, APPLIED) == annotation(ours, APPLIED):
        return CLEAR
    return Outlook(requests=(apply(as_read(ours, live, wanted)),))


def _following(wanted: Wanted) -> list[tuple[Object, Workload]]:
    """The manifests' autoscalers, each with what it scales."""
    every = autoscalers(wanted.objects)
    places = {deployment_identity(one.namespace, one.name): one for one in wanted.workloads}
    return [(every[place], places[place]) for place in sorted(every)]


def _ours(manifest: Object, workload: Workload, wanted: Wanted) -> Object:
    aim = manifest if wanted.keeps_deployment else aimed(manifest, workload.replica_set)
    return _marked(desired(aim, wanted), wanted)


def _must_claim(recorded: Scaled, live: Object, wanted: Wanted) -> bool:
    found = standing(live, wanted.marks, wanted.fence)
    is_untouched = found is Standing.UNMARKED and text(live, "metadata", "uid") == recorded.uid
    return is_untouched or found is Standing.OLDER


def _restored(recorded: Scaled, wanted: Wanted, seen: Seen) -> Outlook:
    place, version = recorded.identity, text(recorded.manifest, "apiVersion")
    live = seen.objects.get(place)
    if live is not None and is_leaving(live):
        return Outlook(waits=(f"{place} is being deleted",), polls=(read(version, place),))
    if _is_back(live, wanted):
        return CLEAR
    if live is not None:
        # Somebody made one in the meantime. It stays: what it says is newer than what was recorded.
        return Outlook(requests=(claim(live, wanted.marks, wanted.fence),))
    aim = aim_of(recorded.manifest)
    if aim.kind == "Deployment" and aim not in seen.objects:
        return Outlook(requests=(read("apps/v1", aim),))
    return Outlook(requests=(apply(_marked(_returned(recorded, wanted, seen), wanted)),))


def _returned(recorded: Scaled, wanted: Wanted, seen: Seen) -> Object:
    """As it was. A Deployment that has let go of its pods is not there to be scaled: its version is, under its name."""
    aim = aim_of(recorded.manifest)
    live = seen.objects.get(aim)
    if aim.kind != "Deployment" or (live is not None and not is_leaving(live)):
        return recorded.manifest
    place = (recorded.identity.namespace, recorded.workload)
    stable = [
        version.replica_set
        for one in wanted.workloads
        if (one.namespace, one.name) == place
        for version in one.previous
    ]
    return aimed(recorded.manifest, stable[-1]) if stable else recorded.manifest


def _marked(value: Object, wanted: Wanted) -> Object:
    mark = {rollout_annotation(wanted.marks): following("", wanted.fence)}
    metadata = table(value, "metadata")
    return {**value, "metadata": {**metadata, "annotations": {**table(metadata, "annotations"), **mark}}}
