"""Deleting: preconditions, finalizers, what goes with what, whole collections."""

from tests.cluster.contract.objects import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    REPLICA_SETS,
    SERVICES,
    a_config_map,
    a_service,
    a_workload,
)
from tests.cluster.contract.step import MERGE, Object, Step, delete, get, patch, post

_SETTINGS = f"{CONFIG_MAPS}/settings"
_WEB = f"{DEPLOYMENTS}/web"


def _held(name: str = "settings") -> Object:
    return {**a_config_map(), "metadata": {"name": name, "finalizers": ["example.com/hold"]}}


def _options(**options: object) -> Object:
    return {"apiVersion": "v1", "kind": "DeleteOptions", **options}


def _owned(name: str, owner: int, *, blocks: bool = False) -> Object:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "settings", "uid": f"@{owner}:metadata.uid"}
    if blocks:
        reference["blockOwnerDeletion"] = True  # type: ignore[assignment]
    return {**a_config_map(name), "metadata": {"name": name, "ownerReferences": [reference]}}


def _is_gone(value: Object) -> bool:
    return bool(value["code"] == 404)


CASES: dict[str, list[Step]] = {
    "delete": [post(CONFIG_MAPS, a_config_map()), delete(_SETTINGS), delete(_SETTINGS), get(_SETTINGS)],
    "delete as a rehearsal": [
        post(CONFIG_MAPS, a_config_map()),
        delete(f"{_SETTINGS}?dryRun=All"),
        delete(_SETTINGS, _options(dryRun=["All"])),
        get(_SETTINGS),
    ],
    "delete for a uid": [
        post(CONFIG_MAPS, a_config_map()),
        delete(_SETTINGS, _options(preconditions={"uid": "00000000-0000-0000-0000-000000000000"})),
        delete(_SETTINGS, _options(preconditions={"uid": "@0:metadata.uid"})),
    ],
    "delete at a version": [
        post(CONFIG_MAPS, a_config_map()),
        delete(_SETTINGS, _options(preconditions={"resourceVersion": "1"})),
        delete(_SETTINGS, _options(preconditions={"resourceVersion": "@0:metadata.resourceVersion"})),
    ],
    "delete what is held": [
        post(CONFIG_MAPS, _held()),
        delete(_SETTINGS),
        delete(_SETTINGS, versions=True),
        post(CONFIG_MAPS, a_config_map()),
        patch(MERGE, _SETTINGS, {"data": {"a": "1"}}),
        patch(MERGE, _SETTINGS, {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}),
        patch(MERGE, _SETTINGS, {"metadata": {"finalizers": None}}),
        get(_SETTINGS),
    ],
    "delete with wrong options": [
        post(CONFIG_MAPS, a_config_map()),
        delete(_SETTINGS, _options(propagationPolicy="Sideways")),
        delete(f"{_SETTINGS}?propagationPolicy=Sideways"),
        delete(f"{_SETTINGS}?gracePeriodSeconds=soon"),
        delete(_SETTINGS, b"nonsense"),
    ],
    "delete an owner": [
        post(CONFIG_MAPS, a_config_map()),
        post(CONFIG_MAPS, _owned("part", 0)),
        delete(_SETTINGS),
        get(f"{CONFIG_MAPS}/part", until=_is_gone),
    ],
    "delete an owner after its parts": [
        post(CONFIG_MAPS, a_config_map()),
        post(CONFIG_MAPS, _owned("part", 0, blocks=True)),
        patch(MERGE, f"{CONFIG_MAPS}/part", {"metadata": {"finalizers": ["example.com/hold"]}}),
        delete(_SETTINGS, _options(propagationPolicy="Foreground")),
        get(f"{CONFIG_MAPS}/part", until=lambda value: "deletionTimestamp" in value["metadata"]),
        get(_SETTINGS),
        patch(MERGE, f"{CONFIG_MAPS}/part", {"metadata": {"finalizers": None}}),
        get(_SETTINGS, until=_is_gone),
    ],
    "delete an owner alone in the foreground": [
        post(CONFIG_MAPS, a_config_map()),
        delete(_SETTINGS, _options(propagationPolicy="Foreground")),
        get(_SETTINGS, until=_is_gone),
    ],
    "delete an owner and keep its parts": [
        post(CONFIG_MAPS, a_config_map()),
        post(CONFIG_MAPS, _owned("part", 0)),
        delete(_SETTINGS, _options(propagationPolicy="Orphan")),
        get(_SETTINGS, until=_is_gone),
        get(f"{CONFIG_MAPS}/part", until=lambda value: "ownerReferences" not in value["metadata"]),
    ],
    "part of an owner that is not there": [
        post(CONFIG_MAPS, a_config_map()),
        delete(_SETTINGS),
        post(CONFIG_MAPS, _owned("part", 0)),
        get(f"{CONFIG_MAPS}/part", until=_is_gone),
    ],
    "delete a deployment": [
        post(DEPLOYMENTS, a_workload()),
        get(REPLICA_SETS, until=lambda value: value["items"][0]["status"]["observedGeneration"] == 1),
        delete(_WEB, _options(propagationPolicy="Background")),
        get(_WEB, until=_is_gone),
        get(REPLICA_SETS, until=lambda value: value["items"] == []),
    ],
    "delete a service": [post(SERVICES, a_service()), delete(f"{SERVICES}/web"), get(f"{SERVICES}/web")],
    "delete a collection": [
        *(post(CONFIG_MAPS, a_config_map(name, {"ours": "yes"})) for name in ("a", "b", "c")),
        delete(f"{CONFIG_MAPS}?labelSelector=ours&fieldSelector=metadata.name!%3Db"),
        get(f"{CONFIG_MAPS}?labelSelector=ours"),
        delete(f"{CONFIG_MAPS}?labelSelector=nothing"),
    ],
}
