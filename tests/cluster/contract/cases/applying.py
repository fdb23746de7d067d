"""Server-side apply: who owns what, who is in the way, what goes when it is no longer wanted."""

from tests.cluster.contract.objects import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    SERVICES,
    a_config_map,
    a_service,
    a_template,
    a_workload,
    an_object,
)
from tests.cluster.contract.step import APPLY, MERGE, Object, Step, apply, get, patch, post, put

_SETTINGS = f"{CONFIG_MAPS}/settings"
_WEB = f"{DEPLOYMENTS}/web"


def _maps(value: Object, manager: str, more: str = "") -> Step:
    return apply(CONFIG_MAPS, value, manager, more, versions=True)


def _web(value: Object, manager: str, more: str = "") -> Step:
    return apply(DEPLOYMENTS, value, manager, more)


def _first(value: str, **data: str) -> Object:
    metadata = {"name": "settings", "annotations": {"example.com/first": value}}
    return {**a_config_map(**data), "metadata": metadata}


def _only(**spec: object) -> Object:
    return an_object("apps/v1", "Deployment", "web", spec=spec)


def _env(**values: str) -> Object:
    env = [{"name": name, "value": value} for name, value in values.items()]
    return {"template": {"spec": {"containers": [{"name": "web", "env": env}]}}}


CASES: dict[str, list[Step]] = {
    "apply makes it": [_maps(a_config_map(a="1"), "one"), get(_SETTINGS, versions=True)],
    "apply again": [
        _maps(a_config_map(a="1"), "one"),
        _maps(a_config_map(a="1"), "one"),
        _maps(a_config_map(a="1", b="2"), "one"),
        _maps(a_config_map(b="2"), "one"),
        _maps(a_config_map(), "one"),
    ],
    "apply beside another": [
        _maps(a_config_map(a="1"), "one"),
        _maps(a_config_map(b="2"), "two"),
        _maps(a_config_map(c="3"), "one"),
        _maps(a_config_map(), "two"),
    ],
    "apply the same as another": [
        _maps(a_config_map(a="1"), "one"),
        _maps(a_config_map(a="1"), "two"),
        _maps(a_config_map(), "one"),
        _maps(a_config_map(), "two"),
    ],
    "apply against another": [
        _maps(a_config_map(a="1", b="1"), "one"),
        _maps(a_config_map(a="2"), "two"),
        _maps(a_config_map(a="2", b="2"), "two"),
        get(_SETTINGS, versions=True),
        _maps(a_config_map(a="2", b="2"), "two", "&force=true"),
        _maps(a_config_map(a="1", b="1"), "one"),
    ],
    "apply against two others": [
        _maps(a_config_map(a="1"), "one"),
        _maps(a_config_map(b="1"), "two"),
        patch(MERGE, f"{_SETTINGS}?fieldManager=three", {"data": {"c": "1"}}),
        _maps(a_config_map(a="9", b="9", c="9"), "four"),
    ],
    "apply against an update": [
        post(f"{CONFIG_MAPS}?fieldManager=one", a_config_map(a="1", b="1")),
        _maps(a_config_map(a="2"), "two"),
        _maps(a_config_map(a="1"), "two"),
        _maps(a_config_map(), "two"),
        _maps(a_config_map(b="3"), "one"),
    ],
    "apply after a patch of oneself": [
        _maps(a_config_map(a="1"), "one"),
        patch(MERGE, f"{_SETTINGS}?fieldManager=two", {"data": {"a": "2"}}),
        _maps(a_config_map(a="1"), "one"),
        _maps(a_config_map(a="1"), "one", "&force=true"),
    ],
    "apply labels": [
        _maps(a_config_map(labels={"a": "1", "b": "1"}), "one"),
        _maps(a_config_map(labels={"b": "2"}), "two"),
        _maps(a_config_map(labels={"b": "1"}), "one"),
        _maps(a_config_map(), "one"),
    ],
    "apply finalizers": [
        _maps({**a_config_map(), "metadata": {"name": "settings", "finalizers": ["example.com/a"]}}, "one"),
        _maps({**a_config_map(), "metadata": {"name": "settings", "finalizers": ["example.com/b"]}}, "two"),
        _maps(a_config_map(), "one"),
        _maps(a_config_map(), "two"),
    ],
    "apply as a rehearsal": [
        _maps(a_config_map(a="1"), "one", "&dryRun=All"),
        get(_SETTINGS),
        _maps(a_config_map(a="1"), "one"),
        _maps(a_config_map(a="2"), "one", "&dryRun=All"),
        get(_SETTINGS, versions=True),
        _maps(a_config_map(a="2"), "two", "&dryRun=All"),
    ],
    "apply without a manager": [patch(APPLY, _SETTINGS, a_config_map(a="1"))],
    "apply at a version": [
        _maps(a_config_map(a="1"), "one"),
        _maps(
            {**a_config_map(a="2"), "metadata": {"name": "settings", "resourceVersion": "@0:metadata.resourceVersion"}},
            "one",
        ),
        _maps(
            {**a_config_map(a="3"), "metadata": {"name": "settings", "resourceVersion": "@0:metadata.resourceVersion"}},
            "one",
        ),
        _maps({**a_config_map("other", a="3"), "metadata": {"name": "other", "resourceVersion": "5"}}, "one"),
    ],
    "apply what another manager has closed since": [
        _maps(_first("only", a="1"), "one"),
        patch(
            MERGE,
            f"{_SETTINGS}?fieldManager=closing",
            {
                "metadata": {
                    "resourceVersion": "@0:metadata.resourceVersion",
                    "annotations": {"example.com/first": "closed"},
                }
            },
        ),
        _maps(
            {**a_config_map(a="2"), "metadata": {"name": "settings", "resourceVersion": "@1:metadata.resourceVersion"}},
            "one",
        ),
        _maps(_first("only", a="1"), "one"),
        get(_SETTINGS, versions=True),
    ],
    "apply for a uid": [
        _maps(
            {**a_config_map(a="1"), "metadata": {"name": "settings", "uid": "00000000-0000-0000-0000-000000000000"}},
            "one",
        ),
        _maps(a_config_map(a="1"), "one"),
        _maps(
            {**a_config_map(a="2"), "metadata": {"name": "settings", "uid": "00000000-0000-0000-0000-000000000000"}},
            "one",
        ),
    ],
    "apply unknown fields": [
        _maps({**a_config_map(a="1"), "date": {}}, "one", "&fieldValidation=Strict"),
        _maps({**a_config_map(a="1"), "date": {}}, "one"),
        _web(_only(replicas=0, replikas=1), "one", "&fieldValidation=Strict"),
    ],
    "apply the wrong type": [
        _maps({**a_config_map(), "data": {"a": 1}}, "one"),
        _web(a_workload(replicas="two"), "one"),  # type: ignore[arg-type]
    ],
    "apply with the record of owners": [
        _maps(
            {
                **a_config_map(),
                "metadata": {"name": "settings", "managedFields": [{"manager": "x", "operation": "Apply"}]},
            },
            "one",
        )
    ],
    "apply of another name": [patch(APPLY, f"{_SETTINGS}?fieldManager=one", a_config_map("other"))],
    "apply as yaml": [
        patch(
            APPLY,
            f"{_SETTINGS}?fieldManager=one",
            b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata: {a: '1'}\n",
        ),
        patch(APPLY, f"{_SETTINGS}?fieldManager=one", b"apiVersion: v1\nkind: ConfigMap\nmetadata: [\n"),
    ],
    "apply a deployment": [
        _web(a_workload(paused=True), "one", "&fieldValidation=Strict"),
        _web(a_workload(paused=True), "one", "&fieldValidation=Strict"),
        _web(a_workload(paused=True, template=a_template("shop/web:2")), "one"),
    ],
    "apply without the size": [
        _web(a_workload(paused=True, replicas=None), "one"),  # type: ignore[arg-type]
        patch(MERGE, f"{_WEB}?fieldManager=two", {"spec": {"replicas": 3}}),
        _web(a_workload(paused=True, replicas=None, minReadySeconds=2), "one"),  # type: ignore[arg-type]
        _web(a_workload(paused=True, replicas=5), "one"),
    ],
    "apply and give the size away": [
        _web(a_workload(paused=True, replicas=2), "one"),
        patch(MERGE, f"{_WEB}/scale?fieldManager=two", {"spec": {"replicas": 3}}),
        _web(a_workload(paused=True, replicas=None), "one"),  # type: ignore[arg-type]
        _web(a_workload(paused=True, replicas=2), "one"),
    ],
    "apply drops the size": [
        _web(a_workload(paused=True, replicas=2), "one"),
        _web(a_workload(paused=True, replicas=None), "one"),  # type: ignore[arg-type]
    ],
    "apply items of lists": [
        _web(a_workload(paused=True), "one"),
        _web(_only(**_env(A="1", B="1")), "two"),
        _web(_only(**_env(B="2")), "three"),
        _web(_only(**_env(B="1", C="3")), "three"),
        _web(_only(**_env(A="1")), "two"),
        _web(_only(**_env()), "two"),
    ],
    "apply ports": [
        apply(SERVICES, a_service(ports=[{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]), "one"),
        apply(SERVICES, a_service(ports=[{"port": 81, "name": "b"}]), "one"),
        apply(SERVICES, a_service(ports=[{"port": 81, "name": "c"}]), "two"),
        apply(SERVICES, a_service(ports=[{"port": 81, "name": "b"}], selector={"app": "next"}), "one"),
        apply(SERVICES, an_object("v1", "Service", "web", spec={"selector": {"tier": "x"}}), "two"),
    ],
    "apply to what was created": [
        post(f"{DEPLOYMENTS}?fieldManager=kubectl-create", a_workload(paused=True)),
        _web(a_workload(paused=True), "one"),
        _web(a_workload(paused=True, minReadySeconds=7), "one"),
        _web(a_workload(paused=True, template=a_template("shop/web:2")), "one"),
    ],
    "apply the status": [
        _web(a_workload(paused=True), "one"),
        patch(
            APPLY,
            f"{_WEB}/status?fieldManager=two",
            an_object("apps/v1", "Deployment", "web", status={"collisionCount": 4}),
        ),
        _web(a_workload(paused=True), "two"),
    ],
    "put after apply": [
        _maps(a_config_map(a="1", b="1"), "one"),
        put(f"{_SETTINGS}?fieldManager=two", a_config_map(a="1", c="1")),
        _maps(a_config_map(a="1", b="1"), "one"),
    ],
    "take over by updating the record": [
        post(f"{CONFIG_MAPS}?fieldManager=one", a_config_map(a="1")),
        patch(MERGE, f"{_SETTINGS}?fieldManager=two", {"metadata": {"managedFields": [{}]}}),
        _maps(a_config_map(a="2"), "three"),
    ],
}
