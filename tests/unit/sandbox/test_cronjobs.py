"""CronJobs on virtual time: when they are due, and which of their Jobs may run and stay."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.objects.schedules import BadSchedule, parsed
from tests.unit.sandbox.conftest import PATHS, Client, Object

CRON_JOBS = "/apis/batch/v1/namespaces/default/cronjobs"


def a_cron_job(schedule: str = "* * * * *", work_seconds: float = 1, **spec: Any) -> Object:
    annotations = {"sandbox.fairlead.dev/work-seconds": str(work_seconds)}
    containers = [{"name": "work", "image": "shop/work:1"}]
    pod = {"metadata": {"annotations": annotations}, "spec": {"restartPolicy": "Never", "containers": containers}}
    spec = {"schedule": schedule, "jobTemplate": {"spec": {"template": pod}}, **spec}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": spec}


async def created(client: Client, value: Object) -> None:
    code, stored = await client.ask("POST", CRON_JOBS, value)
    assert code == 201, stored


async def jobs(client: Client) -> list[Object]:
    return await client.items("Job")


async def minutes(client: Client, count: int) -> None:
    for _ in range(count * 6):
        await client.later(10)


async def test_job_is_made_each_minute(client: Client) -> None:
    await created(client, a_cron_job())
    await minutes(client, 2)
    assert len(await jobs(client)) == 2
    _, value = await client.ask("GET", f"{CRON_JOBS}/nightly")
    assert value["status"].keys() >= {"lastScheduleTime", "lastSuccessfulTime"}


async def test_history_is_limited(client: Client) -> None:
    await created(client, a_cron_job(successfulJobsHistoryLimit=2))
    await minutes(client, 6)
    assert 2 <= len(await jobs(client)) <= 3


@pytest.mark.parametrize(("policy", "most"), [("Allow", 3), ("Forbid", 1), ("Replace", 1)])
async def test_policy_limits_running_jobs(client: Client, policy: str, most: int) -> None:
    await created(client, a_cron_job(work_seconds=1000, concurrencyPolicy=policy))
    await minutes(client, 3)
    names = [job["metadata"]["name"] for job in await jobs(client)]
    assert len(names) == most
    _, value = await client.ask("GET", f"{CRON_JOBS}/nightly")
    assert [one["name"] for one in value["status"]["active"]] == names


async def test_suspended_makes_nothing(client: Client) -> None:
    await created(client, a_cron_job(suspend=True))
    await minutes(client, 3)
    assert await jobs(client) == []


async def test_jobs_go_with_cron_job(client: Client) -> None:
    await created(client, a_cron_job())
    await minutes(client, 2)
    await client.ask("DELETE", f"{CRON_JOBS}/nightly")
    await client.later(1)
    assert await jobs(client) == []
    assert (await client.ask("GET", PATHS["Pod"]))[1]["items"] == []


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"schedule": "61 * * * *"}, "spec.schedule"),
        ({"timeZone": "Moon/Tycho"}, "spec.timeZone"),
        ({"concurrencyPolicy": "Perhaps"}, "spec.concurrencyPolicy"),
    ],
)
async def test_nonsense_is_refused(client: Client, spec: Object, field: str) -> None:
    value = a_cron_job()
    code, refusal = await client.ask("POST", CRON_JOBS, {**value, "spec": {**value["spec"], **spec}})
    assert code == 422
    assert [cause["field"] for cause in refusal["details"]["causes"]] == [field]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("*/15 * * * *", "2026-02-27T10:15"),
        ("5 4 * * *", "2026-02-28T04:05"),
        ("0 0 29 2 *", "2028-02-29T00:00"),
        ("0 12 * * mon-wed", "2026-03-02T12:00"),
        ("0 0 1 * fri", "2026-03-01T00:00"),
        ("@hourly", "2026-02-27T11:00"),
        ("0-10/5,30 10 * * *", "2026-02-27T10:05"),
    ],
)
def test_next_due_minute_is_found(schedule: str, expected: str) -> None:
    found = parsed(schedule).next_after(datetime(2026, 2, 27, 10, 2, 30, tzinfo=UTC), UTC)
    assert found is not None
    assert found.isoformat().startswith(expected)


def test_schedule_follows_its_zone() -> None:
    found = parsed("0 9 * * *").next_after(datetime(2026, 7, 1, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    assert found == datetime(2026, 7, 1, 7, tzinfo=UTC)


def test_day_that_never_comes_is_none() -> None:
    assert parsed("0 0 31 2 *").next_after(datetime(2026, 1, 1, tzinfo=UTC), UTC) is None


@pytest.mark.parametrize("schedule", ["", "* * * *", "60 * * * *", "* * * * frog", "*/0 * * * *", "5-1 * * * *"])
def test_bad_schedule_says_so(schedule: str) -> None:
    with pytest.raises(BadSchedule):
        parsed(schedule)
