"""A Deployment is judged where it is written, not by the first cluster that it reaches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.spec.deployments import deployment_problems
from libs.spec.manifests import LIMITS
from libs.spec.objects import read_objects
from libs.spec.problems import Origin

MANIFEST = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec: {containers: [{name: web, image: web:1}]}
"""

CASES = {
    ("replicas: 3", "replicas: three"): '5:13: spec.replicas: needs a whole number, 0 to 100000, not "three"',
    ("replicas: 3", "replicas: -1"): '5:13: spec.replicas: needs a whole number, 0 to 100000, not "-1"',
    ("replicas: 3", "replicas: true"): '5:13: spec.replicas: needs a whole number, 0 to 100000, not "True"',
    ("replicas: 3", "minReadySeconds: 1.5"): (
        '5:20: spec.minReadySeconds: needs a whole number, 0 to 100000, not "1.5"'
    ),
    ("type: RollingUpdate", "type: X"): '6:20: spec.strategy.type: needs RollingUpdate or Recreate, not "X"',
    ("25%", "a lot"): (
        "6:61: spec.strategy.rollingUpdate.maxSurge: needs a whole number or a percentage such as 25%, "
        'not "a lot"'
    ),
    ("{matchLabels: {app: web}}", "{}"): "7:13: spec.selector: is missing (add it: a mapping with matchLabels)",
    ("matchLabels: {app: web}", "matchLabels: {app: shop}"): (
        '7:33: spec.selector.matchLabels.app: "app: shop" is no label of the template '
        "(write it under spec.template.metadata.labels too)"
    ),
    ("{labels: {app: web, tier: front}}", "{labels: {app: web, tier: 1}}"): (
        '9:41: spec.template.metadata.labels.tier: needs text, not "1" (put it in quotes)'
    ),
    ("{containers: [{name: web, image: web:1}]}", "{}"): (
        "10:11: spec.template.spec.containers: is missing (add it: a list with a container in it)"
    ),
    ("{name: web, image: web:1}", "{name: web}"): (
        "10:25: spec.template.spec.containers[0].image: is missing (add it: text)"
    ),
    ("{name: web, image: web:1}", "web"): (
        '10:25: spec.template.spec.containers[0]: needs a mapping with name and image, not "web"'
    ),
    ("image: web:1}", "image: web:1}, {name: web, image: b}"): (
        '10:59: spec.template.spec.containers[1].name: "web" is the name of another container (rename one)'
    ),
    ("apps/v1", "extensions/v1beta1"): (
        '1:13: apiVersion: "extensions/v1beta1" is not served any more (write apps/v1)'
    ),
}  # fmt: skip


def problems(text: str) -> list[str]:
    return [one.text() for one in read_objects(text, LIMITS, Origin()).problems]


def test_whole_deployment_is_taken() -> None:
    assert problems(MANIFEST) == []


@pytest.mark.feature("F54")
@pytest.mark.parametrize(("change", "expected"), CASES.items(), ids=[new for _, new in CASES])
def test_wrong_field_is_named(change: tuple[str, str], expected: str) -> None:
    assert problems(MANIFEST.replace(*change)) == [expected]


def test_deployment_of_another_group_is_not_judged() -> None:
    assert problems("{apiVersion: acme.test/v1, kind: Deployment, metadata: {name: a}}") == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["spec", "selector", "matchLabels", "template", "metadata", "labels", "containers", "strategy", "name"]
            ),
            inner,
            max_size=4,
        )
    ),
)


@given(VALUES)
def test_any_spec_is_answered(spec: object) -> None:
    for keys, code, message, _ in deployment_problems({"apiVersion": "apps/v1", "spec": spec}):
        assert keys
        assert code
        assert message
