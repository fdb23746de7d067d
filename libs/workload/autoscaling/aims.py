"""Which autoscaler among the manifests scales which Deployment, and which version does it follow instead?"""

from collections.abc import Iterable

from libs.workload.kinds.objects import (
    Identity,
    Object,
    deployment_identity,
    group_of,
    identity,
    is_deployment,
    is_of,
    number,
    table,
    text,
)


def is_autoscaler(value: Object) -> bool:
    return is_of(value, "autoscaling", "HorizontalPodAutoscaler")


def aim_of(autoscaler: Object) -> Identity:
    """What it scales. A Deployment is one whatever group it is said to be of: there were others."""
    target = table(autoscaler, "spec", "scaleTargetRef")
    place = (text(autoscaler, "metadata", "namespace"), text(target, "name"))
    if text(target, "kind") == "Deployment":
        return deployment_identity(*place)
    return Identity(group_of(text(target, "apiVersion")), text(target, "kind"), *place)


def autoscalers(objects: Iterable[Object]) -> dict[Identity, Object]:
    """The manifests of autoscalers, by the Deployment of the manifests that each scales."""
    every = tuple(objects)
    aims = [(aim_of(value), value) for value in every if is_autoscaler(value)]
    released = {identity(value) for value in every if is_deployment(value)} if aims else set()
    return {aim: value for aim, value in aims if aim in released}


def autoscaler_name(objects: Iterable[Object], deployment: Object) -> str:
    """Empty where no manifest scales it."""
    return text(autoscalers(objects).get(identity(deployment)), "metadata", "name")


def aimed(autoscaler: Object, replica_set: str) -> Object:
    """The same, following one version."""
    target = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": replica_set}
    return {**autoscaler, "spec": {**table(autoscaler, "spec"), "scaleTargetRef": target}}


def sized(deployment: Object, objects: Iterable[Object], is_scaled: bool, running: int) -> Object:
    """The Deployment with the size that its new version begins with.

    Where an autoscaler has had or will have the say, that is what runs now: the size of the manifest is as old as the
    manifest. Where it shall no longer have it, the manifest's own size counts, if it has one.
    """
    spec, autoscaler = table(deployment, "spec"), autoscalers(objects).get(identity(deployment))
    if running and (autoscaler is not None or (is_scaled and "replicas" not in spec)):
        return {**deployment, "spec": {**spec, "replicas": running}}
    if autoscaler is not None and "replicas" not in spec:
        return {**deployment, "spec": {**spec, "replicas": max(1, number(autoscaler, "spec", "minReplicas"))}}
    return deployment
