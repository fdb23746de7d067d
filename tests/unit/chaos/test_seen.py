"""What the cluster must never have been: each violation is named, and a good canary is none."""

from typing import Any

from libs.api.request import StartRequest
from libs.workload.kinds.naming import HASH_LABEL
from tests.chaos.customer import Told
from tests.chaos.observer import Seen
from tests.chaos.release import REPLICAS, Release
from tests.chaos.seen import unfenced, unlike, unsafe

_MARK = "fairlead.dev/rollout.d-t"


class Cluster:
    """One application's objects, change by change."""

    def __init__(self, application: str = "shop-1") -> None:
        self.seen: list[Seen] = []
        self._application = application

    def version(self, number: int, wanted: int, ready: int, mark: str) -> None:
        template = {
            "metadata": {"labels": {HASH_LABEL: f"v{number}"}},
            "spec": {"containers": [{"image": f"web:1.{number}"}]},
        }
        spec = {"replicas": wanted, "template": template}
        self._add("ReplicaSet", f"v{number}", {"spec": spec, "status": {"readyReplicas": ready}}, mark)

    def service(self, selected: str, mark: str = "1.a.1") -> None:
        selector = {"app": "x"} | ({HASH_LABEL: selected} if selected else {})
        self._add("Service", self._application, {"spec": {"selector": selector}}, mark)

    def _add(self, kind: str, name: str, value: dict[str, Any], mark: str) -> None:
        metadata = {"namespace": self._application, "name": name, "uid": name, "annotations": {_MARK: mark}}
        known = any(one.value["metadata"]["uid"] == name for one in self.seen)
        change = "MODIFIED" if known else "ADDED"
        self.seen.append(Seen(len(self.seen) + 1, kind, change, value | {"metadata": metadata}))


def told(number: int, end: Any = "succeeded", application: str = "shop-1") -> Told:
    one = Told(Release(application, number, "canary", end, StartRequest(config="")))
    one.ids, one.phases = {f"d{number}"}, [end]
    return one


def a_canary() -> Cluster:
    cluster = Cluster()
    cluster.service("")
    cluster.version(1, REPLICAS, REPLICAS, "1.a.1")
    for size in range(1, REPLICAS + 1):
        cluster.version(2, size, size, f"1.a.{size}")
        cluster.version(1, REPLICAS - size, REPLICAS - size, f"1.a.{size + 1}")
    return cluster


def test_good_canary_is_no_violation() -> None:
    seen, releases = a_canary().seen, [told(1), told(2)]
    assert [*unfenced(seen), *unsafe(seen, releases), *unlike(seen, releases)] == []


def test_older_write_after_newer_is_named() -> None:
    cluster = a_canary()
    cluster.version(2, REPLICAS, REPLICAS, "1.a.1")
    (found,) = unfenced(cluster.seen)
    assert "an older write after a newer one" in found


def test_size_without_mark_is_named() -> None:
    cluster = a_canary()
    cluster.version(2, REPLICAS - 1, REPLICAS - 1, f"1.a.{REPLICAS}")
    assert any("without a mark of its own" in found for found in unfenced(cluster.seen))


def test_version_that_goes_to_and_fro_is_named() -> None:
    cluster = a_canary()
    for number, wanted in enumerate((1, 2, 1), REPLICAS + 2):
        cluster.version(1, wanted, wanted, f"1.a.{number}")
    assert any("to and fro" in found for found in unfenced(cluster.seen))


def test_missing_pods_are_named() -> None:
    cluster = a_canary()
    cluster.version(2, REPLICAS, REPLICAS - 1, "1.a.2")
    assert any("pods were ready" in found for found in unsafe(cluster.seen, [told(1), told(2)]))


def test_traffic_to_refused_version_is_named() -> None:
    cluster = Cluster("swap-1")
    cluster.service("v1")
    cluster.version(1, REPLICAS, REPLICAS, "1.a.1")
    cluster.version(2, REPLICAS, REPLICAS, "1.a.1")
    releases = [told(1, application="swap-1"), told(2, "failed", "swap-1")]
    assert [*unsafe(cluster.seen, releases)] == []
    cluster.service("", "1.a.2")
    assert any("refused has traffic" in found for found in unsafe(cluster.seen, releases))


def test_other_end_than_promised_is_named() -> None:
    cluster = a_canary()
    cluster.version(1, 1, 1, "1.a.9")
    assert [*unlike(cluster.seen, [told(1), told(2)])]
