"""Secrets as the rollout that applied them had them: their values are never read out of a cluster, but ours we know."""

from collections.abc import Iterable, Mapping

from libs.durable.commit import Shell
from libs.durable.contents import Missing
from libs.messages.subject import Key, token
from libs.rollout.state import Rollout
from libs.runtime.log import logger
from libs.workload.dialogue.wanted import Seen
from libs.workload.kinds.naming import DEPLOYMENT_ID, ENVIRONMENT
from libs.workload.kinds.objects import Identity, Object, annotation, identity, is_secret
from services.executor.papers import Papers

_log = logger()


async def earlier_secrets(
    objects: Iterable[Object], seen: Seen, key: Key, rollouts: Shell[Rollout], papers: Papers
) -> dict[Identity, Object]:
    """The manifests of live Secrets, by what their marks say of who applied them last."""
    places = [identity(value) for value in objects if is_secret(value)]
    origins = {place: _origin(seen.objects.get(place), key) for place in places}
    manifests = {
        origin: await _manifests(origin, rollouts, papers) for origin in dict.fromkeys(origins.values()) if origin
    }
    found = {place: manifests[origin].get(place) for place, origin in origins.items() if origin}
    return {place: manifest for place, manifest in found.items() if manifest is not None}


def _origin(live: Object | None, key: Key) -> Key | None:
    """The rollout that applied it, if it was one of this application's; what somebody wrote there names none."""
    deployment, target = annotation(live, DEPLOYMENT_ID), annotation(live, ENVIRONMENT)
    if not deployment or not target or token(deployment) != deployment:
        return None
    return Key(key.tenant, key.partition, deployment).of_target(target)


async def _manifests(origin: Key, rollouts: Shell[Rollout], papers: Papers) -> Mapping[Identity, Object]:
    digest = (await rollouts.load(origin)).state.manifests
    try:
        objects = await papers.objects(digest) if digest else ()
    except Missing as error:
        _log.warning("earlier_manifests_missing", deployment=origin.deployment, error=str(error))
        return {}
    return {identity(value): value for value in objects}
