"""Would the API server take the Deployments as they are written? Asked before the first pod moves.

A Deployment becomes a ReplicaSet, which has only some of its fields: what is misspelt in the others nobody would see.
"""

from libs.workload.dialogue.outlook import Outlook
from libs.workload.dialogue.requests import rehearsal_of, rehearse_under
from libs.workload.dialogue.wanted import Seen, Wanted
from libs.workload.kinds.objects import Object, identity, is_deployment, manifest_of, replica_set_identity
from libs.workload.manifests.convert import replica_set_name


def accepted(wanted: Wanted, seen: Seen) -> Outlook:
    """Each Deployment was tried, under its new version's name: what is live may differ where it cannot be changed."""
    untried = (value for value in wanted.objects if is_deployment(value) and not _is_tried(value, wanted, seen))
    return Outlook(
        requests=tuple(rehearse_under(replica_set_name(value, wanted.marks), manifest_of(value)) for value in untried)
    )


def _is_tried(deployment: Object, wanted: Wanted, seen: Seen) -> bool:
    """A version that exists was made after that."""
    where = identity(deployment)
    version = replica_set_identity(where.namespace, replica_set_name(deployment, wanted.marks))
    return any(seen.objects.get(place) is not None for place in (version, rehearsal_of(where)))
