from datetime import UTC, datetime

from sandbox.objects.apply import Applied, Conflicts, Wish, applier, apply
from sandbox.objects.fields import decoded, encoded
from sandbox.objects.kinds import CONFIG_MAP, DEPLOYMENT, Kind
from sandbox.objects.ownership import Author, after_update, recorded, shares_of
from tests.unit.sandbox.objects import Object, a_config_map, a_deployment

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EMPTY: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}


def attempt(kind: Kind, live: Object, value: Object, author: str, *, force: bool = False) -> Applied | Conflicts:
    return apply(kind, live, Wish(applier(author), value, force), NOW)


def applied(kind: Kind, live: Object, value: Object, author: str, *, force: bool = False) -> Object:
    result = attempt(kind, live, value, author, force=force)
    assert isinstance(result, Applied), result
    return recorded(result.value, result.shares)


def owners(value: Object) -> dict[str, set[str]]:
    return {share.author.name: {"".join(path) for path in share.fields} for share in shares_of(value)}


def test_conflict_is_as_recorded_from_a_real_server() -> None:
    live = applied(DEPLOYMENT, EMPTY, a_deployment(replicas=2), "cd")
    result = attempt(DEPLOYMENT, live, a_deployment(replicas=3), "ci")
    assert isinstance(result, Conflicts)
    assert result.causes == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "cd"', "field": ".spec.replicas"}
    ]
    assert result.message == 'Apply failed with 1 conflict: conflict with "cd": .spec.replicas'


def test_same_value_is_shared() -> None:
    live = applied(CONFIG_MAP, EMPTY, a_config_map(a="1"), "one")
    both = applied(CONFIG_MAP, live, a_config_map(a="1"), "two")
    assert owners(both) == {"one": {"f:dataf:a"}, "two": {"f:dataf:a"}}


def test_force_takes_the_field() -> None:
    live = applied(CONFIG_MAP, EMPTY, a_config_map(a="1", b="1"), "one")
    taken = applied(CONFIG_MAP, live, a_config_map(a="2"), "two", force=True)
    assert taken["data"] == {"a": "2", "b": "1"}
    assert owners(taken) == {"one": {"f:dataf:b"}, "two": {"f:dataf:a"}}


def test_field_no_longer_applied_goes() -> None:
    live = applied(CONFIG_MAP, EMPTY, a_config_map(a="1", b="1"), "one")
    assert applied(CONFIG_MAP, live, a_config_map(a="1"), "one")["data"] == {"a": "1"}


def test_field_that_another_owns_stays() -> None:
    live = applied(CONFIG_MAP, EMPTY, a_config_map(a="1", b="1"), "one")
    live = applied(CONFIG_MAP, live, a_config_map(b="1"), "two")
    assert applied(CONFIG_MAP, live, a_config_map(a="1"), "one")["data"] == {"a": "1", "b": "1"}


def test_emptied_mapping_goes_too() -> None:
    live = applied(CONFIG_MAP, EMPTY, a_config_map(a="1"), "one")
    bare = {name: item for name, item in a_config_map().items() if name != "data"}
    assert "data" not in applied(CONFIG_MAP, live, bare, "one")


def test_container_no_longer_applied_goes() -> None:
    both = a_deployment()
    sidecar = {"name": "proxy", "image": "proxy:1"}
    containers = both["spec"]["template"]["spec"]["containers"]
    both["spec"]["template"]["spec"]["containers"] = [*containers, sidecar]
    live = applied(DEPLOYMENT, EMPTY, both, "cd")
    result = applied(DEPLOYMENT, live, a_deployment(), "cd")
    assert [item["name"] for item in result["spec"]["template"]["spec"]["containers"]] == ["web"]


def test_items_of_others_keep_their_place() -> None:
    injected = a_deployment()
    injected["spec"]["template"]["spec"]["containers"] = [{"name": "proxy", "image": "proxy:1"}]
    live = applied(DEPLOYMENT, applied(DEPLOYMENT, EMPTY, a_deployment(), "cd"), injected, "mesh")
    again = applied(DEPLOYMENT, live, a_deployment(), "cd")
    assert [item["name"] for item in again["spec"]["template"]["spec"]["containers"]] == ["web", "proxy"]


def test_repeat_changes_nothing() -> None:
    live = applied(DEPLOYMENT, EMPTY, a_deployment(), "cd")
    assert applied(DEPLOYMENT, live, a_deployment(), "cd") == live


def test_selector_is_replaced_whole() -> None:
    live = applied(DEPLOYMENT, EMPTY, a_deployment(), "cd")
    other = a_deployment()
    other["spec"]["selector"] = {"matchLabels": {"track": "canary"}}
    assert applied(DEPLOYMENT, live, other, "cd")["spec"]["selector"] == {"matchLabels": {"track": "canary"}}


def test_update_takes_what_it_changes() -> None:
    live = applied(DEPLOYMENT, EMPTY, a_deployment(replicas=2), "cd")
    scaled = {**live, "spec": {**live["spec"], "replicas": 5}}
    shares = after_update(DEPLOYMENT, live, scaled, Author(name="kubectl", subresource="scale"), NOW)
    assert owners(recorded(scaled, shares))["kubectl"] == {"f:specf:replicas"}
    result = attempt(DEPLOYMENT, recorded(scaled, shares), a_deployment(replicas=3), "cd")
    assert isinstance(result, Conflicts)
    assert result.causes[0]["message"] == 'conflict with "kubectl" with subresource "scale" using apps/v1'


def test_several_conflicts_are_told_by_owner() -> None:
    live = applied(CONFIG_MAP, EMPTY, a_config_map(a="1", b="1"), "one")
    result = attempt(CONFIG_MAP, live, a_config_map(a="2", b="2"), "two")
    assert isinstance(result, Conflicts)
    assert result.message == 'Apply failed with 2 conflicts: conflicts with "one":\n- .data.a\n- .data.b'


def test_fields_survive_their_spelling() -> None:
    fields = {
        "f:spec": {"f:replicas": {}, "f:containers": {'k:{"name":"web"}': {".": {}, "f:image": {}}}},
        "f:metadata": {"f:finalizers": {'v:"a"': {}}},
    }
    assert encoded(decoded(fields)) == fields
