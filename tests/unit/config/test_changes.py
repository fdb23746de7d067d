"""Applying a file: what is made, changed, deleted and kept, and what custom roles then stand for."""

import pytest

from libs.auth.permissions import GRANTED
from libs.config.changes import apply, grants_of
from libs.config.model import Change, Config, Grant, MetricProvider, Role

CAPTAIN = Role("Captain", "", (Grant("deployment"),))
OWNER = Role("Owner", "main", (Grant("tenant"),))
PROM = MetricProvider("prom", "prometheus", "http://prom")
THERE = Config(roles=(CAPTAIN, OWNER), metric_providers=(PROM,))


@pytest.mark.feature("F139")
def test_new_role_is_created() -> None:
    applied = apply(Config(), Config(roles=(CAPTAIN,)), frozenset({"roles"}))
    assert (applied.config.roles, applied.changes) == ((CAPTAIN,), (Change("role", "Captain", "created"),))


@pytest.mark.feature("F140")
def test_role_is_found_in_any_case() -> None:
    renamed = Role("CAPTAIN", "", (Grant("tenant"),))
    applied = apply(Config(roles=(CAPTAIN,)), Config(roles=(renamed,)), frozenset({"roles"}))
    assert (applied.config.roles, applied.changes) == ((renamed,), (Change("role", "CAPTAIN", "updated"),))


def test_same_role_is_unchanged() -> None:
    applied = apply(THERE, THERE, frozenset({"roles", "metricProviders"}))
    assert applied.config == THERE
    assert {change.done for change in applied.changes} == {"unchanged"}


@pytest.mark.feature("F141")
def test_missing_role_is_kept_and_told() -> None:
    applied = apply(THERE, Config(roles=(CAPTAIN,)), frozenset({"roles"}))
    assert applied.config.roles == (CAPTAIN, OWNER)
    assert Change("role", "Owner", "kept") in applied.changes


@pytest.mark.feature("F141")
def test_missing_role_is_deleted_where_allowed() -> None:
    applied = apply(THERE, Config(roles=(CAPTAIN,), allow_auto_delete=True), frozenset({"roles"}))
    assert (applied.config.roles, applied.deleted_roles) == ((CAPTAIN,), ("Owner",))


@pytest.mark.feature("F141")
def test_file_without_roles_deletes_all() -> None:
    applied = apply(THERE, Config(allow_auto_delete=True), frozenset({"allowAutoDelete"}))
    assert applied.config == Config(metric_providers=(PROM,))


def test_empty_section_deletes_its_items() -> None:
    wanted = Config(roles=THERE.roles, allow_auto_delete=True)
    assert apply(THERE, wanted, frozenset({"roles", "metricProviders"})).config.metric_providers == ()


@pytest.mark.feature("F142")
def test_system_role_is_passed_over() -> None:
    wanted = Config(roles=(Role("Admin", "", ()), Role("Deployments Full Access")))
    assert apply(Config(), wanted, frozenset({"roles"})).config.roles == ()


@pytest.mark.feature("F143")
def test_grants_follow_from_resources() -> None:
    config = Config(roles=(CAPTAIN, OWNER, Role("Elsewhere", "other", (Grant("tenant"),)), Role("Asker")))
    assert grants_of(config, "main") == {
        "captain": GRANTED["deployment"],
        "owner": GRANTED["tenant"],
        "asker": frozenset(),
    }
