"""What does the CronJob controller do: a Job at each due minute, as far as those that still run allow it."""

from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sandbox.objects import schedules
from sandbox.objects.json import Object, at, instant, number, stamp, table, text
from sandbox.objects.kinds import CRON_JOB, JOB
from sandbox.simulation import jobs
from sandbox.simulation.step import (
    Create,
    Delete,
    Outcome,
    Update,
    Write,
    condition,
    controlled_by,
    is_dying,
    name_of,
    with_status,
)

_SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"


def step(cron_job: Object, own: list[Object], now: datetime) -> Outcome:
    """`own` are the Jobs it controls."""
    status = _counted(cron_job, own)
    if is_dying(cron_job):
        return Outcome(_told(cron_job, status))
    spare = _forgotten(cron_job, own)
    schedule = _schedule(cron_job)
    if schedule is None or at(cron_job, "spec", "suspend") is True:
        return Outcome((*spare, *_told(cron_job, status)))
    zone = zone_of(cron_job)
    due = _latest_due(status, schedule, zone, now)
    following = schedule.next_after(now, zone)
    wake_in = None if following is None else (following - now).total_seconds()
    running = [job for job in own if not jobs.is_over(job)]
    if due is None or _is_late(cron_job, due, now) or (running and _policy(cron_job) == "Forbid"):
        return Outcome((*spare, *_told(cron_job, status)), wake_in)
    replaced = [Delete(JOB, job) for job in running] if _policy(cron_job) == "Replace" else []
    status = with_status(status, lastScheduleTime=stamp(due))
    return Outcome((*spare, *replaced, Create(JOB, _job(cron_job, due)), *_told(cron_job, status)), wake_in)


def zone_of(cron_job: Object) -> tzinfo:
    """A zone that nobody knows was refused when the object was written."""
    return ZoneInfo(text(cron_job, "spec", "timeZone") or "UTC")


def _schedule(cron_job: Object) -> schedules.Schedule | None:
    try:
        return schedules.parsed(text(cron_job, "spec", "schedule"))
    except schedules.BadSchedule:
        return None


def _policy(cron_job: Object) -> str:
    return text(cron_job, "spec", "concurrencyPolicy")


def _told(cron_job: Object, status: Object) -> tuple[Write, ...]:
    return () if status == cron_job else (Update(CRON_JOB, status, "status"),)


def _latest_due(cron_job: Object, schedule: schedules.Schedule, zone: tzinfo, now: datetime) -> datetime | None:
    """The last due minute that has passed since the last Job; earlier ones that were missed are not made up for."""
    since = text(cron_job, "status", "lastScheduleTime") or text(cron_job, "metadata", "creationTimestamp")
    earliest = instant(since)
    due = schedule.next_after(earliest, zone)
    if due is None or due > now:
        return None
    # Not one by one from the beginning: a cluster may have slept for a year.
    back = timedelta(minutes=1)
    while (found := schedule.next_after(max(earliest, now - back), zone)) is None or found > now:
        back *= 2
    while found is not None and found <= now:
        due, found = found, schedule.next_after(found, zone)
    return due


def _is_late(cron_job: Object, due: datetime, now: datetime) -> bool:
    allowed = at(cron_job, "spec", "startingDeadlineSeconds")
    return isinstance(allowed, int) and due + timedelta(seconds=allowed) < now


def _job(cron_job: Object, due: datetime) -> Object:
    template = table(cron_job, "spec", "jobTemplate")
    told = table(template, "metadata")
    metadata = {
        "name": f"{name_of(cron_job)}-{int(due.timestamp()) // 60}",
        "namespace": text(cron_job, "metadata", "namespace"),
        "annotations": {**table(told, "annotations"), _SCHEDULED: due.isoformat().replace("+00:00", "Z")},
        "ownerReferences": [controlled_by(CRON_JOB, cron_job)],
    }
    if labels := table(told, "labels"):
        metadata["labels"] = labels
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": table(template, "spec")}


def _counted(cron_job: Object, own: list[Object]) -> Object:
    """Its status as the Jobs are now."""
    active = [_reference(job) for job in own if not jobs.is_over(job) and not is_dying(job)]
    ended = [text(job, "status", "completionTime") for job in own if _has_succeeded(job)]
    latest = max([*ended, text(cron_job, "status", "lastSuccessfulTime")])
    return with_status(cron_job, active=active or None, lastSuccessfulTime=latest or None)


def _reference(job: Object) -> Object:
    """Without the version, which changes at every look."""
    metadata = {name: job["metadata"][name] for name in ("namespace", "name", "uid")}
    return {"kind": "Job", "apiVersion": "batch/v1", **metadata}


def _has_succeeded(job: Object) -> bool:
    return condition(job, "Complete").get("status") == "True"


def _forgotten(cron_job: Object, own: list[Object]) -> list[Write]:
    """The oldest Jobs that ended, beyond as many as are to be kept."""
    writes: list[Write] = []
    for field, kind, most in (("successful", "Complete", 3), ("failed", "Failed", 1)):
        ended = [job for job in own if condition(job, kind).get("status") == "True" and not is_dying(job)]
        surplus = len(ended) - number(cron_job, "spec", f"{field}JobsHistoryLimit", default=most)
        writes += [Delete(JOB, job) for job in sorted(ended, key=_started)[: max(0, surplus)]]
    return writes


def _started(job: Object) -> tuple[str, str]:
    return text(job, "status", "startTime"), name_of(job)
