"""The grammar of subjects: what is written can be read, nothing else is, and no name breaks out of its token."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.messages.codec import MESSAGES
from libs.messages.subject import (
    WHOLE,
    Key,
    Parsed,
    due_filter,
    due_subject,
    live_subject,
    message_filter,
    message_subject,
    parse,
    partition_of,
    state_filter,
    state_subject,
    timer_subject,
    token,
    token_hash,
)
from tests.builders import a_key

any_text = st.text(st.characters())  # half surrogate pairs included
names = st.from_regex(r"[a-z0-9-]{1,16}", fullmatch=True)
keys = st.builds(
    Key, tenant=names, partition=st.integers(-1, 63), deployment=names, target=st.just(WHOLE) | names.map(token_hash)
)
addresses = st.sampled_from(sorted(address for address in MESSAGES if not address.startswith("obs.")))
generations = st.integers(0, 2**53)


@given(addresses, keys)
def test_message_subject_reads_back(address: str, key: Key) -> None:
    kind, noun, verb = address.split(".")
    parsed = parse(message_subject(address, key))
    assert parsed == Parsed(kind, noun, verb, key)
    assert parsed.address == address


@given(names, keys)
def test_state_subject_reads_back(noun: str, key: Key) -> None:
    assert parse(state_subject(noun, key)) == Parsed("state", noun, "", key)


@given(names, names, keys, generations)
def test_timer_subjects_read_back(noun: str, name: str, key: Key, generation: int) -> None:
    assert parse(timer_subject(noun, name, key, generation)) == Parsed("timer", noun, name, key, generation)
    assert parse(due_subject(noun, name, key, generation)) == Parsed("due", noun, name, key, generation)


@given(any_text)
def test_other_text_is_no_subject(text: str) -> None:
    with pytest.raises(ValueError, match="of Fairlead"):
        parse(text)


@pytest.mark.parametrize(
    "subject",
    [
        "obs.acme.rollout.settled.3.d1.t1",
        "cmd.acme.rollout.start.3.d1",
        "cmd.acme.rollout.start.3.d1.t1.x",
        "cmd.acme.rollout.start.three.d1.t1",
        "cmd.acme.rollout.start.-3.d1.t1",
        "cmd.acme.rollout.start.1_0.d1.t1",
        "cmd.acme.rollout.start.٣.d1.t1",
        "cmd.acme.rollout.start.03.d1.t1",
        "due.acme.rollout.check.3.d1.t1.-",
        "due.acme.rollout.check.3.d1.t1." + "9" * 5000,
    ],
)
def test_near_miss_is_no_subject(subject: str) -> None:
    with pytest.raises(ValueError, match="of Fairlead"):
        parse(subject)


@given(any_text)
def test_token_is_one_safe_token(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", token(text))


@given(any_text, any_text)
def test_token_tells_names_apart(one: str, other: str) -> None:
    assert (token(one) == token(other)) is (one == other)


@given(any_text)
def test_encoded_token_belongs_to_one_name(text: str) -> None:
    encoded = token("x-" + text)
    assert token(encoded) != encoded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("prod-eu", "prod-eu", id="plain"),
        pytest.param("", "x-", id="empty"),
        pytest.param("x-prod", "x-pawxa4tpmq", id="looks encoded"),
        pytest.param("prod eu", "x-obzg6zbamv2q", id="space"),
        pytest.param("a.b", "x-mexge", id="dot"),
        pytest.param("*", "x-fi", id="wildcard"),
        pytest.param("prod\n", "x-obzg6zak", id="line end"),
    ],
)
def test_token_stays_readable_where_it_can(text: str, expected: str) -> None:
    assert token(text) == expected


@given(any_text)
def test_target_hash_is_a_token(name: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{16}", token_hash(name))


@given(any_text, any_text, st.integers(1, 64))
def test_partition_is_one_of_those_there_are(tenant: str, application: str, partitions: int) -> None:
    assert 0 <= partition_of(tenant, application, partitions) < partitions


def test_partition_stays_for_ever() -> None:
    assert [partition_of("acme", name, 16) for name in ("shop", "billing", "search")] == [14, 3, 3]


def test_target_key_leads_back_to_its_deployment() -> None:
    assert a_key().of_target("prod eu") == a_key(target=token_hash("prod eu"))
    assert a_key().of_target("prod eu").whole() == a_key()


@pytest.mark.parametrize(
    ("wildcard", "subject", "matches"),
    [
        (message_filter("evt.rollout.landed"), message_subject("evt.rollout.landed", a_key()), True),
        (message_filter("evt.rollout.landed", partition=3), message_subject("evt.rollout.landed", a_key()), True),
        (message_filter("evt.rollout.landed", partition=4), message_subject("evt.rollout.landed", a_key()), False),
        (message_filter("evt.rollout.landed"), message_subject("evt.rollout.returning", a_key()), False),
        (message_filter("evt.*.*", deployment="d1"), message_subject("evt.rollout.landed", a_key()), True),
        (message_filter("evt.*.*", deployment="d2"), message_subject("evt.rollout.landed", a_key()), False),
        (message_filter("evt.*.*", tenant="other"), message_subject("evt.rollout.landed", a_key()), False),
        (state_filter("rollout", deployment="d1"), state_subject("rollout", a_key().of_target("prod")), True),
        (state_filter("rollout"), state_subject("deployment", a_key()), False),
        (due_filter("rollout", 3), due_subject("rollout", "check", a_key(), 1), True),
        (due_filter("rollout", 3), timer_subject("rollout", "check", a_key(), 1), False),
    ],
)
def test_wildcard_matches_its_own(wildcard: str, subject: str, matches: bool) -> None:
    pairs = zip(wildcard.split("."), subject.split("."), strict=True)
    assert all(pattern in ("*", token) for pattern, token in pairs) is matches


def test_live_subject_names_the_deployment() -> None:
    assert live_subject(a_key().of_target("prod")) == "live.acme.d1"
