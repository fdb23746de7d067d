"""Every label, annotation and variable that Fairlead writes on an object, in one place."""

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from libs.messages.subject import token_hash

FIELD_MANAGER = "fairlead"
"""Under this name our server-side applies own their fields."""
CLOSING_MANAGER = "fairlead-closing"
"""Under this name an object is closed to creates that come late: what it owns, these cannot set."""

APPLICATION = "deploy.armory.io/application"
DEPLOYMENT_ID = "deploy.armory.io/deployment-id"
ENVIRONMENT = "deploy.armory.io/environment"
REPLICA_SET_NAME = "deploy.armory.io/replica-set-name"

HASH_LABEL = "armory-pod-template-hash"
"""In the selector and on the pods: what tells one version's pods from another's."""

MANAGED_LABEL = "fairlead.dev/managed"
WATCH_SELECTOR = f"{MANAGED_LABEL}=true"
"""The label selector of the watches on ReplicaSets and pods."""

WORKLOAD = "fairlead.dev/workload"
"""On a ReplicaSet: the Deployment of the manifests that it is a version of."""
REVISION = "fairlead.dev/revision"
APPLIED = "fairlead.dev/applied"
"""On every applied object: the digest of what was applied, so that a restart does not write it again."""
FIRST_APPLY = "fairlead.dev/first-apply"
"""On an object that an apply made: whether another one like it may still come."""
ONLY, AGAIN, CLOSED = "only", "again", "closed"
"""None may; one that was given up before it may; it would be refused."""

STEERED_BY = "fairlead.dev/steered-by"
"""On a Service while a blue/green rollout points it: whose."""
RETURNED_BY = "fairlead.dev/returned-by"
"""On a Deployment that a return has made again: the deployment that had taken it over."""
AUTOSCALER = "fairlead.dev/autoscaler"
"""On a ReplicaSet: the HorizontalPodAutoscaler that scales its workload."""
PLACE_TAKEN = "fairlead.dev/place-taken"
"""On a version made without pods, so that a create whose answer was lost finds its name taken: see `place`."""

_ROLLOUT = "fairlead.dev/rollout."


class Marks(Struct, frozen=True):
    """Whose an object is."""

    application: str
    environment: str
    """The target's name, as the file has it."""
    deployment: str


@lru_cache(maxsize=4096)
def rollout_annotation(marks: Marks) -> str:
    """Where the rollout's fence is kept on an object. The part after the slash stays within 63 characters."""
    deployment = marks.deployment.replace("-", "").lower()
    short = deployment if deployment.isalnum() and len(deployment) <= 32 else token_hash(marks.deployment)
    return f"{_ROLLOUT}{short}-{token_hash(marks.environment)}"


def rollout_annotations(annotations: Mapping[str, object]) -> tuple[str, ...]:
    """The fences of all rollouts on an object."""
    return tuple(sorted(name for name in annotations if name.startswith(_ROLLOUT)))


def steerer(marks: Marks) -> str:
    return f"application {marks.application!r}, target {marks.environment!r}"


def mark_annotations(marks: Marks) -> dict[str, str]:
    return {APPLICATION: marks.application, DEPLOYMENT_ID: marks.deployment, ENVIRONMENT: marks.environment}


def variables(marks: Marks, replica_set: str) -> dict[str, str]:
    """The environment that every container of a version gets."""
    return {
        "ARMORY_APPLICATION_NAME": marks.application,
        "ARMORY_DEPLOYMENT_ID": marks.deployment,
        "ARMORY_ENVIRONMENT_NAME": marks.environment,
        "ARMORY_REPLICA_SET_NAME": replica_set,
    }
