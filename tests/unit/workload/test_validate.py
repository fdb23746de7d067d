"""What cannot be released is named before anything is touched."""

import pytest

from libs.workload.kinds.objects import Object
from libs.workload.manifests.validate import problems
from tests.unit.workload.build import deployment, plain, service

SCALER = plain(
    "HorizontalPodAutoscaler", "h", "autoscaling/v2", spec={"scaleTargetRef": {"kind": "Deployment", "name": "web"}}
)

SECOND_SCALER = plain("HorizontalPodAutoscaler", "i", "autoscaling/v2", spec=SCALER["spec"])
KEDA = plain("ScaledObject", "h", "keda.sh/v1alpha1", spec={"scaleTargetRef": {"name": "web"}})


def changed(**spec: object) -> Object:
    value = deployment()
    value["spec"] |= spec
    return value


@pytest.mark.parametrize(
    ("objects", "part"),
    [
        (
            (SCALER, SECOND_SCALER, deployment()),
            "HorizontalPodAutoscaler shop/h and HorizontalPodAutoscaler shop/i scale one Deployment shop/web",
        ),
        (({**SCALER, "apiVersion": "autoscaling/v2beta2"},), "autoscaling/v2beta2 is not served any more"),
        ((KEDA, deployment()), "ScaledObject shop/h scales Deployment web"),
        ((plain("Pod", "p"),), "a Pod cannot be released by itself"),
        ((plain("ReplicaSet", "r", "apps/v1"),), "use a Deployment"),
        ((service(), service()), "Service shop/web is in the manifests 2 times"),
        (({"kind": "Job", "metadata": {"generateName": "x-"}, "apiVersion": "batch/v1"},), "generateName"),
        (({"metadata": {"name": "x"}},), "no apiVersion or no kind"),
        ((changed(replicas="4"),), "spec.replicas must be"),
        ((changed(replicas=-1),), "spec.replicas must be"),
        ((deployment(maxSurge="lots"),), "maxSurge must be a count or a percentage, not 'lots'"),
        ((changed(selector={}),), "spec.selector is empty"),
        ((changed(selector={"matchLabels": {"app": "other"}}),), "must be among the labels"),
        ((changed(template={"metadata": {"labels": {"app": "web"}}}),), "no containers"),
    ],
)
def test_problem_is_named(objects: tuple[Object, ...], part: str) -> None:
    assert part in "; ".join(problems(objects))


def test_sound_manifests_have_no_problems() -> None:
    other = {**SCALER, "spec": {"scaleTargetRef": {"kind": "StatefulSet", "name": "web"}}}
    assert problems((deployment(), service(), other, SECOND_SCALER)) == ()
