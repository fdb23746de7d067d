"""The one sentence that says why pods do not come."""

import pytest

from libs.workload.kinds.objects import Object
from libs.workload.pods.reasons import why_not


def pod(container: Object | None = None, **status: object) -> Object:
    statuses = [{"name": "main", **container}] if container else []
    return {
        "spec": {"containers": [{"name": "main", "image": "web:2"}]},
        "status": {"containerStatuses": statuses, **status},
    }


def waiting(reason: str, message: str = "", **more: object) -> Object:
    return pod({"state": {"waiting": {"reason": reason, "message": message}}, **more})


NO_SPACE = {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes: no memory"}]}
QUOTA = {"status": {"conditions": [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: pods"}]}}
ENDED = {"lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (waiting("ContainerCreating"), ""),
        (waiting("ImagePullBackOff", "not found"), "ImagePullBackOff: image 'web:2': not found"),
        (waiting("CreateContainerConfigError", "no secret"), "CreateContainerConfigError: container 'main': no secret"),
        (
            waiting("CrashLoopBackOff", **ENDED),
            "CrashLoopBackOff: container 'main' ended with exit code 137 (OOMKilled)",
        ),
        (
            pod({"state": {"terminated": {"exitCode": 1, "reason": "Error", "message": "a\nlast words\n"}}}),
            "container 'main' ended with exit code 1 (Error): last words",
        ),
        (pod(**NO_SPACE), "cannot be scheduled: 0/3 nodes: no memory"),
        (
            pod({"state": {"running": {"startedAt": "x"}}, "started": True, "ready": False}),
            "container 'main' runs but its readiness probe does not pass",
        ),
        (pod({"state": {"running": {"startedAt": "x"}}, "started": False, "ready": False}), ""),
    ],
)
def test_reason_is_told(found: Object, expected: str) -> None:
    assert why_not({}, [found]) == expected


def test_worst_comes_first_and_equal_ones_are_counted() -> None:
    crash = waiting("CrashLoopBackOff", **ENDED)
    told = why_not({}, [pod(**NO_SPACE), crash, crash])
    assert told == (
        "CrashLoopBackOff: container 'main' ended with exit code 137 (OOMKilled) (2 pods); "
        "cannot be scheduled: 0/3 nodes: no memory"
    )


def test_refused_pods_are_told_first() -> None:
    assert why_not(QUOTA, [pod(**NO_SPACE)]).startswith("pods are refused: exceeded quota: pods; ")


def test_ready_and_ending_pods_are_no_reason() -> None:
    ending = waiting("CrashLoopBackOff", **ENDED) | {"metadata": {"deletionTimestamp": "now"}}
    ready = pod(conditions=[{"type": "Ready", "status": "True"}])
    assert why_not({}, [ending, ready]) == ""


def test_long_messages_are_cut() -> None:
    assert len(why_not({}, [waiting("ErrImagePull", "x" * 5000)])) <= 240
