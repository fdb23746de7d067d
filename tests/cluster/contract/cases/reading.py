"""Getting, listing by selectors and pages, watching."""

from tests.cluster.contract.objects import CONFIG_MAPS, DEPLOYMENTS, SECRETS, SERVICES, a_config_map, a_service
from tests.cluster.contract.step import MERGE, Step, delete, get, patch, post, watch

_PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# What the controllers of a real cluster put into every namespace is not asked for.
_OURS = "labelSelector=ours"


def _three() -> list[Step]:
    return [
        post(CONFIG_MAPS, a_config_map(name, {"ours": "yes", "color": color, **more}, place=name))
        for name, color, more in (("a", "red", {}), ("b", "blue", {"odd": "1"}), ("c", "red", {"odd": "2"}))
    ]


def _listed(*queries: str) -> list[Step]:
    return [*_three(), *(get(f"{CONFIG_MAPS}?{query}") for query in queries)]


CASES: dict[str, list[Step]] = {
    "get": [post(CONFIG_MAPS, a_config_map(a="1")), get(f"{CONFIG_MAPS}/settings"), get(f"{CONFIG_MAPS}/other")],
    "get only the metadata": [
        post(CONFIG_MAPS, a_config_map(a="1")),
        get(f"{CONFIG_MAPS}/settings", accept=_PARTIAL),
        get(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Dsettings", accept=_PARTIAL_LIST),
    ],
    "head": [post(CONFIG_MAPS, a_config_map()), Step(method="HEAD", path=f"{CONFIG_MAPS}/settings")],
    "list everything": [*_three(), get(f"{CONFIG_MAPS}?{_OURS}")],
    "list by labels": _listed(
        "labelSelector=color%3Dred,ours",
        "labelSelector=color%3D%3Dred,odd",
        "labelSelector=color!%3Dred,ours%3Dyes",
        "labelSelector=color+in+(red,blue),ours",
        "labelSelector=color+notin+(red),ours",
        "labelSelector=!odd,ours",
        "labelSelector=nothing",
    ),
    "list by wrong labels": _listed("labelSelector=a%3D%3D%3Db", "labelSelector=,", "labelSelector=a+in+b"),
    "list by fields": _listed(
        "fieldSelector=metadata.name%3Da",
        f"fieldSelector=metadata.name!%3Da&{_OURS}",
        f"fieldSelector=metadata.namespace%3D$NS&{_OURS}",
        "fieldSelector=data.place%3Da",
    ),
    "list an empty kind": [get(DEPLOYMENTS), get(f"{SECRETS}?labelSelector=ours")],
    "list in pages": [
        *_three(),
        get(f"{CONFIG_MAPS}?{_OURS}&limit=2"),
        get(f"{CONFIG_MAPS}?{_OURS}&limit=2&continue=@3:metadata.continue"),
        get(f"{CONFIG_MAPS}?{_OURS}&limit=5"),
        get(f"{CONFIG_MAPS}?{_OURS}&limit=2&continue=nonsense"),
        get(f"{CONFIG_MAPS}?limit=x"),
    ],
    "list at a version": [
        *_three(),
        # Whatever the server's cache holds, which may be a little behind.
        get(f"{CONFIG_MAPS}?{_OURS}&resourceVersion=0", until=lambda value: len(value["items"]) == 3),
        get(f"{CONFIG_MAPS}?{_OURS}&resourceVersion=@2:metadata.resourceVersion"),
        get(f"{CONFIG_MAPS}?{_OURS}&resourceVersion=none"),
    ],
    "watch from now": [*_three(), watch(f"{CONFIG_MAPS}?{_OURS}")],
    "watch from a version": [
        *_three(),
        patch(MERGE, f"{CONFIG_MAPS}/b", {"data": {"place": "elsewhere"}}),
        delete(f"{CONFIG_MAPS}/c"),
        watch(f"{CONFIG_MAPS}?resourceVersion=@0:metadata.resourceVersion"),
    ],
    "watch by labels": [
        *_three(),
        patch(MERGE, f"{CONFIG_MAPS}/a", {"metadata": {"labels": {"color": "blue"}}}),
        patch(MERGE, f"{CONFIG_MAPS}/b", {"metadata": {"labels": {"color": "red"}}}),
        watch(f"{CONFIG_MAPS}?labelSelector=color%3Dred&resourceVersion=@2:metadata.resourceVersion"),
    ],
    "watch by name": [
        *_three(),
        patch(MERGE, f"{CONFIG_MAPS}/a", {"data": {"place": "x"}}),
        patch(MERGE, f"{CONFIG_MAPS}/b", {"data": {"place": "x"}}),
        watch(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Db&resourceVersion=@2:metadata.resourceVersion"),
    ],
    "watch one": [*_three(), watch(f"{CONFIG_MAPS}/b?resourceVersion=@0:metadata.resourceVersion")],
    "watch with the list first": [
        *_three(),
        watch(
            f"{CONFIG_MAPS}?{_OURS}&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"
        ),
    ],
    "watch from a wrong version": [watch(f"{CONFIG_MAPS}?resourceVersion=none")],
    "watch a service": [
        post(SERVICES, a_service()),
        patch(MERGE, f"{SERVICES}/web", {"spec": {"selector": {"app": "next"}}}),
        watch(f"{SERVICES}?resourceVersion=@0:metadata.resourceVersion"),
    ],
}
