"""What does the Job controller do: pods until enough have succeeded, or too many failed."""

from datetime import datetime

from sandbox.objects.json import Object, at, items, number, stamp, text
from sandbox.objects.kinds import JOB, POD
from sandbox.simulation.pods import is_active, is_ready
from sandbox.simulation.replicasets import Suffixes, pod_of
from sandbox.simulation.step import Create, Delete, Outcome, Update, Write, condition, is_dying, with_status


def step(job: Object, pods: list[Object], now: datetime, suffix: Suffixes) -> Outcome:
    if is_dying(job) or is_over(job):
        return Outcome()
    active = [pod for pod in pods if is_active(pod)]
    status = _status(job, pods, active, now)
    writes: list[Write] = [] if status == job else [Update(JOB, status, "status")]
    if is_over(status) or at(job, "spec", "suspend"):
        return Outcome((*writes, *(Delete(POD, pod) for pod in active)))
    left = number(job, "spec", "completions", default=1) - number(status, "status", "succeeded")
    missing = min(left, number(job, "spec", "parallelism", default=1)) - len(active)
    writes += [Create(POD, pod_of(JOB, job, suffix())) for _ in range(max(0, missing))]
    return Outcome(tuple(writes))


def is_over(job: Object) -> bool:
    return any(condition(job, kind).get("status") == "True" for kind in ("Complete", "Failed"))


def _status(job: Object, pods: list[Object], active: list[Object], now: datetime) -> Object:
    succeeded = sum(text(pod, "status", "phase") == "Succeeded" for pod in pods)
    failed = sum(text(pod, "status", "phase") == "Failed" for pod in pods)
    ended = _ending(job, succeeded, failed)
    conditions = [_condition(kind, reason, now) for kind, reason in ended] or items(job, "status", "conditions")
    is_complete = any(kind == "Complete" for kind, _ in ended)
    return with_status(
        job,
        active=len(active) or None if not ended else None,
        ready=sum(is_ready(pod) for pod in active) if not ended else 0,
        succeeded=succeeded or None,
        failed=failed or None,
        startTime=text(job, "status", "startTime") or stamp(now),
        completionTime=stamp(now) if is_complete else None,
        conditions=conditions or None,
        uncountedTerminatedPods={},
    )


def _ending(job: Object, succeeded: int, failed: int) -> list[tuple[str, str]]:
    if succeeded >= number(job, "spec", "completions", default=1):
        return [("SuccessCriteriaMet", "CompletionsReached"), ("Complete", "CompletionsReached")]
    if failed > number(job, "spec", "backoffLimit", default=6):
        return [("FailureTarget", "BackoffLimitExceeded"), ("Failed", "BackoffLimitExceeded")]
    return []


def _condition(kind: str, reason: str, now: datetime) -> Object:
    told = "Reached expected number of succeeded pods"
    message = told if reason == "CompletionsReached" else "Job has reached the specified backoff limit"
    at_once = {"lastProbeTime": stamp(now), "lastTransitionTime": stamp(now)}
    return {"type": kind, "status": "True", "reason": reason, "message": message, **at_once}
