"""What a survey finds before anything changes."""

import pytest

from libs.messages.rollout import Version
from libs.workload.dialogue.requests import unserved_of
from libs.workload.dialogue.wanted import Problem, Seen, Stage
from libs.workload.kinds.naming import APPLICATION, DEPLOYMENT_ID, ENVIRONMENT, MANAGED_LABEL, WORKLOAD, Marks
from libs.workload.kinds.objects import Object, annotation, identity
from libs.workload.manifests.applying import desired
from libs.workload.pods.versions import owned_list, selector_of, versions_list
from libs.workload.snapshot import survey, survey_requests
from tests.unit.workload.build import V1, V2, deployment, goal, plain, settings


def version(name: str, replicas: int, available: int = 0, application: str = "shop", **annotations: str) -> Object:
    value = plain("ReplicaSet", name, "apps/v1", spec={"replicas": replicas}, status={"availableReplicas": available})
    marks = {APPLICATION: application, ENVIRONMENT: "prod", WORKLOAD: "web", **annotations}
    value["metadata"] |= {"uid": f"uid-{name}", "annotations": marks}
    return value


def seen(*values: Object) -> Seen:
    absent: dict[object, Object | None] = {identity(deployment()): None, identity(settings()): None}
    return Seen({**absent, **{identity(value): value for value in values}}, {})  # type: ignore[dict-item]


def test_least_whole_version_gives_way_first() -> None:
    found = survey((deployment(),), seen(version("whole", 3, 3), version("broken", 1, 0)), V2)
    assert not isinstance(found, Problem)
    expected = (Version("broken", "uid-broken", 1), Version("whole", "uid-whole", 3))
    assert found.workloads[0].previous == expected


def test_empty_versions_are_leftovers() -> None:
    found = survey((deployment(),), seen(version("empty", 0)), V2)
    assert not isinstance(found, Problem)
    assert found.workloads[0].previous == ()
    assert found.snapshot.leftovers == (("shop", Version("empty", "uid-empty", 0)),)


def test_live_version_of_another_application_is_a_problem() -> None:
    found = survey((deployment(),), seen(version("theirs", 3, application="other")), V2)
    assert isinstance(found, Problem)
    assert "is deployed by application 'other', target 'prod'" in found.reason


WIDGET = plain("Widget", "main", "example.org/v1")
WIDGETS = plain("CustomResourceDefinition", "widgets", spec={"group": "example.org", "names": {"kind": "Widget"}})
GADGETS = plain("CustomResourceDefinition", "gadgets", spec={"group": "example.org", "names": {"kind": "Gadget"}})
SERVED = plain("APIService", "v1.example.org", spec={"group": "example.org"})


@pytest.mark.parametrize(
    ("more", "is_missing"), [((), True), ((WIDGETS,), False), ((GADGETS,), True), ((SERVED,), False)]
)
def test_kind_that_neither_cluster_nor_manifests_have_is_a_problem(more: tuple[Object, ...], is_missing: bool) -> None:
    absent = {identity(value): None for value in (WIDGET, *more)} | {unserved_of(identity(WIDGET)): {}}
    found = survey((WIDGET, *more), Seen(absent, {}), V2)
    assert isinstance(found, Problem) is is_missing
    assert not isinstance(found, Problem) or found.reason == (
        "Widget shop/main: the cluster serves no Widget of example.org/v1; "
        "have it defined there first, or leave this object out"
    )


def test_empty_version_of_another_application_is_not_ours() -> None:
    found = survey((deployment(),), seen(version("theirs", 0, application="other")), V2)
    assert not isinstance(found, Problem)
    assert found.workloads[0].previous == ()
    assert found.snapshot.leftovers == ()


def test_reads_only_what_is_not_known() -> None:
    live = deployment()
    objects = (deployment(), settings())
    made = versions_list("shop")
    asked = [request.target for request in survey_requests(objects, Seen({}, {}))]
    assert asked == [*(identity(value) for value in objects), made]
    lists = survey_requests(objects, seen(live))
    assert [request.target for request in lists] == [made, owned_list(identity(live))]
    assert "labelSelector=app%3Dweb" in lists[1].path
    known = Seen({**seen().objects, made: {"items": []}}, {})
    assert survey_requests(objects, known) == ()


def test_version_that_is_not_listed_any_more_is_not_there() -> None:
    shown, other = version("gone", 2), version("there", 2)
    for one in (shown, other):
        one["metadata"]["labels"] = {MANAGED_LABEL: "true"}
    listed = {"items": [other]}
    found = survey((deployment(),), Seen({**seen(shown, other).objects, versions_list("shop"): listed}, {}), V2)
    assert not isinstance(found, Problem)
    assert [one.replica_set for one in found.workloads[0].previous] == ["there"]


def test_list_that_goes_on_hides_nothing() -> None:
    shown = version("shown", 2)
    shown["metadata"]["labels"] = {MANAGED_LABEL: "true"}
    listed = {"metadata": {"continue": "more"}, "items": []}
    found = survey((deployment(),), Seen({**seen(shown).objects, versions_list("shop"): listed}, {}), V2)
    assert not isinstance(found, Problem)
    assert [one.replica_set for one in found.workloads[0].previous] == ["shown"]


def test_steered_by_another_rollout_is_a_problem() -> None:
    live = deployment()
    live["metadata"]["uid"] = "d"
    held = version("held", 3, application="other", **{"fairlead.dev/rollout.abc-def": "1.a.1"})
    held["metadata"]["ownerReferences"] = [{"uid": "d"}]
    listed = {"kind": "ReplicaSetList", "items": [held]}
    known = seen(live)
    found = survey((deployment(),), Seen({**known.objects, owned_list(identity(live)): listed}, {}), V2)
    assert isinstance(found, Problem)
    assert "fairlead.dev/rollout.abc-def" in found.reason


def test_secret_values_are_not_kept() -> None:
    secret = plain("Secret", "s", data={"a": "c2VjcmV0"})
    secret["metadata"]["uid"] = "s"
    found = survey((secret,), seen(secret), V2)
    assert not isinstance(found, Problem)
    assert "c2VjcmV0" not in repr(found.snapshot)


def test_new_version_is_not_its_own_predecessor() -> None:
    first = survey((deployment(),), seen(), V2)
    assert not isinstance(first, Problem)
    again = survey((deployment(),), seen(version(first.workloads[0].replica_set, 1)), V2)
    assert again == first


def test_selector_is_written_as_the_api_reads_it() -> None:
    expressions = [
        {"key": "a", "operator": "In", "values": ["x", "y"]},
        {"key": "b", "operator": "DoesNotExist"},
    ]
    value = deployment()
    value["spec"]["selector"]["matchExpressions"] = expressions
    assert selector_of(value) == "app=web,a in (x,y),!b"


def test_target_name_may_hold_anything() -> None:
    marks = Marks("shop", "Prod / EU (west)", "d")
    assert not isinstance(survey((deployment(),), seen(), marks), Problem)


def test_secret_of_an_earlier_rollout_is_put_back_as_it_was_applied() -> None:
    secret = plain("Secret", "s", data={"a": "c2VjcmV0"})
    live = applied_secret(secret)
    found = survey((plain("Secret", "s", data={"a": "bmV3"}),), seen(live), V2, earlier={identity(secret): secret})
    assert not isinstance(found, Problem)
    applied = found.snapshot.objects[0].applied
    assert applied is not None
    assert (applied["data"], annotation(applied, DEPLOYMENT_ID)) == ({"a": "c2VjcmV0"}, V1.deployment)


def test_secret_that_is_not_as_it_was_applied_is_left() -> None:
    secret = plain("Secret", "s", data={"a": "c2VjcmV0"})
    other = plain("Secret", "s", data={"b": "c2VjcmV0"})
    found = survey((secret,), seen(applied_secret(secret)), V2, earlier={identity(secret): other})
    assert not isinstance(found, Problem)
    assert found.snapshot.objects[0].applied is None


def applied_secret(secret: Object) -> Object:
    """What a read of it shows: no values, but who owns which."""
    ours = desired(secret, goal(Stage.APPLY, (secret,), marks=V1))
    fields: Object = {"f:data": {"f:a": {}}, "f:metadata": {"f:annotations": {}}}
    entry = {"manager": "fairlead", "operation": "Apply", "apiVersion": "v1", "fieldsV1": fields}
    metadata = {**ours["metadata"], "uid": "s", "managedFields": [entry]}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
