"""Patches of the three forms, and the size of a workload by its scale."""

from tests.cluster.contract.objects import CONFIG_MAPS, DEPLOYMENTS, SERVICES, a_config_map, a_service, a_workload
from tests.cluster.contract.step import JSON_PATCH, MERGE, STRATEGIC, Object, Step, get, patch, post, put

_SETTINGS = f"{CONFIG_MAPS}/settings"
_WEB = f"{DEPLOYMENTS}/web"
_MARK = "/metadata/annotations/shop.example~1rollout"


def _config_map(*patches: Step) -> list[Step]:
    return [post(CONFIG_MAPS, a_config_map(labels={"app": "web"}, a="1", b="2")), *patches]


def _deployment(*patches: Step) -> list[Step]:
    return [post(DEPLOYMENTS, a_workload(paused=True)), *patches]


def _operations(*operations: Object) -> Step:
    return patch(JSON_PATCH, _SETTINGS, list(operations), versions=True)


def _containers(*containers: Object) -> Object:
    return {"spec": {"template": {"spec": {"containers": list(containers)}}}}


CASES: dict[str, list[Step]] = {
    "merge patch": _config_map(
        patch(MERGE, _SETTINGS, {"data": {"a": None, "c": "3"}}, versions=True),
        patch(MERGE, _SETTINGS, {"data": {"c": "3"}}, versions=True),
        patch(MERGE, _SETTINGS, {"data": None}, versions=True),
        patch(MERGE, _SETTINGS, {}, versions=True),
    ),
    "merge patch at a version": _config_map(
        patch(MERGE, _SETTINGS, {"metadata": {"resourceVersion": "@0:metadata.resourceVersion"}, "data": {"a": "2"}}),
        patch(MERGE, _SETTINGS, {"metadata": {"resourceVersion": "@0:metadata.resourceVersion"}, "data": {"a": "3"}}),
    ),
    "merge patch of another name": _config_map(patch(MERGE, _SETTINGS, {"metadata": {"name": "other"}})),
    "merge patch for a uid": _config_map(
        patch(MERGE, _SETTINGS, {"metadata": {"uid": "@0:metadata.uid"}, "data": {"a": "2"}}),
        patch(MERGE, _SETTINGS, {"metadata": {"uid": "00000000-0000-0000-0000-000000000000"}, "data": {"a": "3"}}),
    ),
    "merge patch of what is not there": [patch(MERGE, _SETTINGS, {"data": {"a": "2"}})],
    "merge patch as a rehearsal": _config_map(
        patch(MERGE, f"{_SETTINGS}?dryRun=All", {"data": {"a": "9"}}), get(_SETTINGS, versions=True)
    ),
    "merge patch of unknown fields": _config_map(
        patch(MERGE, f"{_SETTINGS}?fieldValidation=Strict", {"date": {"a": "9"}}),
        patch(MERGE, f"{_SETTINGS}?fieldValidation=Warn", {"date": {"a": "9"}}),
        patch(MERGE, f"{_SETTINGS}?fieldValidation=Ignore", {"date": {"a": "9"}}),
    ),
    "merge patch replaces lists": _deployment(
        patch(MERGE, _WEB, _containers({"name": "only", "image": "shop/only:1"})),
    ),
    "json patch": _config_map(
        _operations(
            {"op": "test", "path": "/data/a", "value": "1"},
            {"op": "replace", "path": "/data/a", "value": "9"},
            {"op": "add", "path": "/data/c", "value": "3"},
            {"op": "remove", "path": "/data/b"},
        ),
        _operations({"op": "copy", "from": "/data/a", "path": "/data/d"}),
        _operations({"op": "move", "from": "/data/d", "path": "/data/e"}),
    ),
    "json patch whose test fails": _config_map(
        _operations(
            {"op": "replace", "path": "/data/a", "value": "9"}, {"op": "test", "path": "/data/b", "value": "0"}
        ),
        get(_SETTINGS, versions=True),
        _operations({"op": "test", "path": _MARK, "value": None}),
        _operations({"op": "test", "path": _MARK, "value": "1"}),
        _operations({"op": "test", "path": "/metadata/labels/none", "value": None}),
    ),
    "json patch of a missing place": _config_map(
        _operations({"op": "replace", "path": "/data/z", "value": "9"}),
        _operations({"op": "remove", "path": "/data/z"}),
        _operations({"op": "add", "path": "/metadata/annotations/a", "value": "1"}),
        _operations({"op": "move", "from": "/data/z", "path": "/data/y"}),
    ),
    "json patch at a version": _config_map(
        _operations({"op": "test", "path": "/metadata/resourceVersion", "value": "0"}),
        _operations(
            {"op": "test", "path": "/metadata/resourceVersion", "value": "@0:metadata.resourceVersion"},
            {"op": "replace", "path": "/data/a", "value": "8"},
        ),
        _operations({"op": "replace", "path": "/metadata/resourceVersion", "value": "@0:metadata.resourceVersion"}),
        _operations(
            {"op": "replace", "path": "/metadata/resourceVersion", "value": "@0:metadata.resourceVersion"},
            {"op": "replace", "path": "/data/a", "value": "7"},
        ),
    ),
    "json patch that fences": _deployment(
        patch(MERGE, _WEB, {"metadata": {"annotations": {"shop.example/rollout": "1"}}}),
        patch(
            JSON_PATCH,
            _WEB,
            [
                {"op": "test", "path": _MARK, "value": "1"},
                {"op": "replace", "path": _MARK, "value": "2"},
                {"op": "replace", "path": "/spec/minReadySeconds", "value": 4},
            ],
        ),
        patch(
            JSON_PATCH,
            _WEB,
            [
                {"op": "test", "path": _MARK, "value": "2"},
                {"op": "replace", "path": _MARK, "value": "3"},
                {"op": "add", "path": "/spec/minReadySeconds", "value": 4},
            ],
        ),
        patch(JSON_PATCH, _WEB, [{"op": "test", "path": _MARK, "value": "1"}]),
    ),
    "json patch that is none": _config_map(
        patch(JSON_PATCH, _SETTINGS, {"op": "add"}),
        patch(JSON_PATCH, _SETTINGS, [{"op": "dance", "path": "/data/a"}]),
        patch(JSON_PATCH, _SETTINGS, b"nonsense"),
        patch(JSON_PATCH, _SETTINGS, []),
    ),
    "json patch of lists": _deployment(
        patch(
            JSON_PATCH,
            _WEB,
            [{"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "two", "image": "two:1"}}],
        ),
        patch(
            JSON_PATCH, _WEB, [{"op": "replace", "path": "/spec/template/spec/containers/1/image", "value": "two:2"}]
        ),
        patch(JSON_PATCH, _WEB, [{"op": "remove", "path": "/spec/template/spec/containers/0"}]),
        patch(JSON_PATCH, _WEB, [{"op": "remove", "path": "/spec/template/spec/containers/7"}]),
    ),
    "strategic patch": _deployment(
        patch(STRATEGIC, _WEB, _containers({"name": "web", "image": "shop/web:2"})),
        patch(STRATEGIC, _WEB, _containers({"name": "two", "image": "two:1", "env": [{"name": "A", "value": "1"}]})),
        patch(STRATEGIC, _WEB, _containers({"name": "two", "env": [{"name": "B", "value": "1"}]})),
        patch(STRATEGIC, _WEB, _containers({"name": "two", "$patch": "delete"})),
        patch(STRATEGIC, _WEB, {"metadata": {"annotations": {"a": "1"}}}),
        patch(STRATEGIC, _WEB, {"metadata": {"annotations": {"a": None}}}),
        patch(STRATEGIC, _WEB, _containers({"image": "no/name:1"})),
        patch(STRATEGIC, _WEB, {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
    ),
    "strategic patch of ports": [
        post(SERVICES, a_service()),
        patch(STRATEGIC, f"{SERVICES}/web", {"spec": {"ports": [{"name": "two", "port": 81}]}}),
        patch(
            STRATEGIC,
            f"{SERVICES}/web",
            {"spec": {"ports": [{"name": "one", "port": 80}, {"name": "two", "port": 81}]}},
        ),
        patch(STRATEGIC, f"{SERVICES}/web", {"spec": {"selector": {"app": None, "tier": "back"}}}),
        patch(STRATEGIC, f"{SERVICES}/web", {"spec": {"ports": [{"port": 81, "$patch": "delete"}]}}),
    ],
    "patch by another manager": [
        post(f"{CONFIG_MAPS}?fieldManager=one", a_config_map(a="1", b="1")),
        patch(MERGE, f"{_SETTINGS}?fieldManager=two", {"data": {"b": "2", "c": "2"}}),
        patch(MERGE, f"{_SETTINGS}?fieldManager=two", {"data": {"b": None}}),
    ],
    "scale": _deployment(
        get(f"{_WEB}/scale"),
        patch(MERGE, f"{_WEB}/scale", {"spec": {"replicas": 3}}),
        get(_WEB),
        put(
            f"{_WEB}/scale",
            {
                "apiVersion": "autoscaling/v1",
                "kind": "Scale",
                "metadata": {"name": "web", "namespace": "$NS"},
                "spec": {"replicas": 1},
            },
        ),
        patch(MERGE, f"{_WEB}/scale", {"spec": {"replicas": -1}}),
        get(_WEB),
    ),
    "scale to the size that it has": _deployment(
        patch(MERGE, f"{_WEB}/scale?fieldManager=one", {"spec": {"replicas": 0}}), get(_WEB)
    ),
    "scale what is not there": [
        get(f"{_WEB}/scale"),
        patch(MERGE, f"{_WEB}/scale", {"spec": {"replicas": 3}}),
        get(f"{SERVICES}/web/scale"),
    ],
    "scale at a version": _deployment(
        patch(MERGE, f"{_WEB}/scale", {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 3}}),
    ),
}
