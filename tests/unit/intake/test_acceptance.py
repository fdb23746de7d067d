"""What accepting a deployment commits, and how its identity is made."""

import uuid
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.api.request import StartRequest
from libs.messages.subject import Key, partition_of
from services.intake.accepting.acceptance import (
    Applicant,
    Standing,
    Submission,
    batch,
    canonical,
    deployment_key,
    key_of_id,
)

AT = datetime(2026, 1, 2, tzinfo=UTC)


@given(st.text(min_size=1), st.text(), st.integers(1, 256))
def test_id_says_where_it_is(application: str, idempotency_key: str, partitions: int) -> None:
    key = deployment_key(("main", application), partitions, idempotency_key, Random(1))
    assert key.partition == partition_of("main", application, partitions)
    assert key_of_id("main", key.deployment, partitions) == key
    assert uuid.UUID(key.deployment).version == 8


def test_same_key_makes_same_id() -> None:
    first, second = (deployment_key(("main", "shop"), 16, "k", Random(seed)) for seed in (1, 2))
    assert first == second


@pytest.mark.parametrize("owner", [("other", "shop"), ("main", "cart")])
def test_key_is_scoped(owner: tuple[str, str]) -> None:
    mine = deployment_key(("main", "shop"), 16, "k", Random(1))
    assert deployment_key(owner, 16, "k", Random(1)).deployment != mine.deployment


def test_no_key_means_chance() -> None:
    first, second = (deployment_key(("main", "shop"), 16, "", Random(seed)) for seed in (1, 2))
    assert first != second


@pytest.mark.parametrize(
    "text", ["", "x", "0" * 36, "10000000-0000-8000-8000-000000000000", "{01000000-0000-8000-8000-000000000000}"]
)
def test_foreign_id_is_nowhere(text: str) -> None:
    assert key_of_id("main", text, 16) is None


def test_batch_is_all_or_nothing() -> None:
    key = Key("main", 3, "d1")
    submission = Submission(submission="s", application="shop", by="ann", at=AT)
    record, lock, order = batch(Applicant(key, submission, Standing(revision=41)))
    assert (record.subject, record.expected) == ("state.main.submission.3.d1.-", 0)
    assert (lock.subject.split(".")[:4], lock.expected) == (["state", "main", "lock", "3"], 41)
    assert order.subject == "cmd.main.deployment.start.3.d1.-"
    assert batch(Applicant(key, submission, Standing(revision=41))) == (record, lock, order)


def test_equal_requests_have_equal_bytes() -> None:
    first = StartRequest(config="a", files={"x": ("1",), "y": ("2",)})
    assert canonical(first) == canonical(StartRequest(config="a", files={"y": ("2",), "x": ("1",)}))
