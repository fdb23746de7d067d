"""Random requests over few objects and two managers: both sides answer each alike. What a scale to the same size
does is a case of its own, and told in `deliberate.py`.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cluster.contract.conftest import Pair
from tests.cluster.contract.objects import CONFIG_MAPS, DEPLOYMENTS, a_config_map, a_template, a_workload
from tests.cluster.contract.step import JSON_PATCH, MERGE, Step, apply, delete, get, patch, post, put

pytestmark = pytest.mark.timeout(300)

MANAGERS = st.sampled_from(("one", "two"))
NAMES = st.sampled_from(("a", "b"))
VALUES = st.dictionaries(st.sampled_from(("x", "y", "z")), st.sampled_from(("1", "2")), max_size=3)
FORCE = st.sampled_from(("", "&force=true"))
# A paused Deployment of none: its controller has nothing to do beside what is asked.
SPECS = st.fixed_dictionaries(
    {"paused": st.just(True)},
    optional={
        "minReadySeconds": st.integers(0, 2),
        "revisionHistoryLimit": st.integers(1, 2),
        "strategy": st.just({"type": "Recreate"}),
        "template": st.sampled_from([a_template(image) for image in ("shop/web:1", "shop/web:2")]),
    },
)


def _settings(name: str) -> str:
    return f"{CONFIG_MAPS}/{name}"


def _on_config_maps() -> st.SearchStrategy[Step]:
    return st.one_of(
        st.builds(_created, NAMES, VALUES, MANAGERS),
        st.builds(_applied, NAMES, VALUES, VALUES, MANAGERS, FORCE),
        st.builds(_merged, NAMES, st.dictionaries(st.sampled_from("xyz"), st.sampled_from(("1", "2", None))), MANAGERS),
        st.builds(_replaced, NAMES, VALUES, MANAGERS),
        st.builds(_tested, NAMES, st.sampled_from("xyz"), st.sampled_from(("1", "2", None)), MANAGERS),
        st.builds(lambda name: delete(_settings(name)), NAMES),
        st.builds(lambda name: get(_settings(name), versions=True), NAMES),
    )


def _created(name: str, values: dict[str, str], manager: str) -> Step:
    return post(f"{CONFIG_MAPS}?fieldManager={manager}", a_config_map(name, None, **values), versions=True)


def _applied(name: str, values: dict[str, str], labels: dict[str, str], manager: str, force: str) -> Step:
    return apply(CONFIG_MAPS, a_config_map(name, labels, **values), manager, force, versions=True)


def _merged(name: str, values: dict[str, Any], manager: str) -> Step:
    return patch(MERGE, f"{_settings(name)}?fieldManager={manager}", {"data": values}, versions=True)


def _replaced(name: str, values: dict[str, str], manager: str) -> Step:
    return put(f"{_settings(name)}?fieldManager={manager}", a_config_map(name, None, **values), versions=True)


def _tested(name: str, field: str, value: str | None, manager: str) -> Step:
    operations = [
        {"op": "test", "path": f"/data/{field}", "value": value},
        {"op": "add", "path": f"/data/{field}", "value": "9"},
    ]
    return patch(JSON_PATCH, f"{_settings(name)}?fieldManager={manager}", operations, versions=True)


def _on_deployments() -> st.SearchStrategy[Step]:
    web = f"{DEPLOYMENTS}/web"
    return st.one_of(
        st.builds(
            lambda spec, manager: post(f"{DEPLOYMENTS}?fieldManager={manager}", a_workload(**spec)), SPECS, MANAGERS
        ),
        st.builds(
            lambda spec, manager, force: apply(DEPLOYMENTS, a_workload(**spec), manager, force), SPECS, MANAGERS, FORCE
        ),
        st.builds(lambda spec, manager: patch(MERGE, f"{web}?fieldManager={manager}", {"spec": spec}), SPECS, MANAGERS),
        st.just(get(web)),
    )


QUIET = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@QUIET
@given(st.lists(_on_config_maps(), min_size=2, max_size=12))
def test_config_maps_answer_alike(pair: Pair, steps: list[Step]) -> None:
    assert pair.differences(steps) == {}


@QUIET
@given(st.lists(_on_deployments(), min_size=2, max_size=8))
def test_deployments_answer_alike(pair: Pair, steps: list[Step]) -> None:
    assert pair.differences(steps) == {}
