"""Kinds that a definition adds: discovery, instances, schema, status, and their end."""

from tests.cluster.contract.objects import DEFINITIONS, THINGS, a_definition, a_thing
from tests.cluster.contract.step import MERGE, STRATEGIC, Object, Step, apply, delete, get, patch, post, put

_DEFINITION = f"{DEFINITIONS}/things.$NS.example.com"
_ONE = f"{THINGS}/one"
_GROUP = "/apis/$NS.example.com/v1"


def _is_served(value: Object) -> bool:
    return bool(value["kind"] == "ThingList")


def _serving(*steps: Step, **version: object) -> list[Step]:
    """Steps count from the third."""
    return [post(DEFINITIONS, a_definition(**version)), get(THINGS, until=_is_served), *steps]


_STATUS: Object = {"subresources": {"status": {}}}
_SCALE: Object = {
    "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.seen"}}
}


CASES: dict[str, list[Step]] = {
    "define a kind": [
        post(DEFINITIONS, a_definition()),
        get(_DEFINITION, until=lambda value: [one["status"] for one in value["status"]["conditions"]] == ["True"] * 2),
        get(_GROUP, until=lambda value: value["resources"]),
        get("/apis/$NS.example.com"),
    ],
    "define a kind with parts": [
        *_serving(**_SCALE),
        get(_GROUP, until=lambda value: len(value["resources"]) > 2),
    ],
    "define nonsense": [
        post(DEFINITIONS, {**a_definition(), "metadata": {"name": "wrong.$NS.example.com"}}),
        post(DEFINITIONS, a_definition(storage=False)),
        post(DEFINITIONS, a_definition(schema=None)),
    ],
    "create an instance": _serving(
        post(THINGS, a_thing()), get(_ONE), get(THINGS), post(THINGS, a_thing()), get(f"{THINGS}/two")
    ),
    "instances that do not fit": _serving(
        post(THINGS, a_thing(size=0)),
        post(THINGS, a_thing(size="big")),
        post(THINGS, a_thing(color="green")),
        post(THINGS, {**a_thing(), "spec": {}}),
        post(THINGS, {name: item for name, item in a_thing().items() if name != "spec"}),
        post(THINGS, a_thing(size=0, color="green")),
    ),
    "unknown fields of instances": _serving(
        post(f"{THINGS}?fieldValidation=Strict", a_thing(shape="round")),
        post(f"{THINGS}?fieldValidation=Warn", a_thing(shape="round")),
        get(_ONE),
    ),
    "change an instance": _serving(
        post(THINGS, a_thing(), versions=True),
        patch(MERGE, _ONE, {"spec": {"size": 4}}, versions=True),
        patch(MERGE, _ONE, {"spec": {"size": 4}}, versions=True),
        patch(MERGE, _ONE, {"metadata": {"labels": {"a": "1"}}}, versions=True),
        patch(STRATEGIC, _ONE, {"spec": {"size": 5}}),
        put(_ONE, a_thing(size=6)),
        put(_ONE, {**a_thing(size=7), "metadata": {"name": "one", "resourceVersion": "@4:metadata.resourceVersion"}}),
        put(_ONE, {**a_thing(size=7), "metadata": {"name": "one", "resourceVersion": "@2:metadata.resourceVersion"}}),
    ),
    "apply an instance": _serving(
        apply(THINGS, a_thing(), "one"),
        apply(THINGS, a_thing(size=4), "two"),
        apply(THINGS, a_thing(size=4), "two", "&force=true"),
        apply(THINGS, a_thing(color="red"), "three"),
        apply(THINGS, a_thing(shape="round"), "three"),
    ),
    "status of instances": _serving(
        post(THINGS, {**a_thing(), "status": {"seen": 9}}),
        patch(MERGE, f"{_ONE}/status", {"status": {"seen": 1}, "spec": {"size": 9}}),
        patch(MERGE, _ONE, {"status": {"seen": 2}}),
        get(f"{_ONE}/status"),
        **_STATUS,
    ),
    "instances without a status of their own": _serving(
        post(THINGS, {**a_thing(), "status": {"seen": 9}}),
        patch(MERGE, f"{_ONE}/status", {"status": {"seen": 1}}),
        patch(MERGE, _ONE, {"status": {"seen": 2}}),
    ),
    "scale of instances": _serving(
        post(THINGS, a_thing()),
        get(f"{_ONE}/scale"),
        patch(MERGE, f"{_ONE}/scale", {"spec": {"replicas": 5}}),
        get(_ONE),
        **_SCALE,
    ),
    "delete an instance": _serving(post(THINGS, a_thing()), delete(_ONE), get(_ONE)),
    "remove the definition": _serving(
        post(THINGS, a_thing()),
        delete(_DEFINITION),
        get(THINGS, until=lambda value: not isinstance(value, dict) or value.get("kind") != "ThingList"),
        get(_DEFINITION, until=lambda value: value.get("code") == 404),
        get(_GROUP, until=lambda value: not isinstance(value, dict) or value.get("kind") != "APIResourceList"),
    ),
}
