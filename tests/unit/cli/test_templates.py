"""Deployment files to begin with, complete in themselves."""

import pytest

from cli.files.templates import text, unrun
from libs.plan.prepare import prepare

PLAIN = frozenset({"manual"})
EVERYTHING = frozenset({"manual", "automated", "webhook", "traffic"})
SERVICES = {"canary": ["hello"], "bluegreen": ["hello", "hello-preview"]}


@pytest.mark.parametrize("strategy", SERVICES)
def test_file_needs_no_other_file(strategy: str) -> None:
    prepared = prepare(text(strategy, PLAIN), {})
    assert prepared.problems == ()
    for target in ("staging", "prod"):
        found = [(one["kind"], one["metadata"]["name"]) for one in prepared.objects[target]]
        services = [("Service", name) for name in SERVICES[strategy]]
        assert found == [("Namespace", "hello"), *services, ("Deployment", "hello")]


@pytest.mark.parametrize(("strategy", "needs"), [("canary", 3), ("bluegreen", 2)])
def test_top_says_what_must_exist(strategy: str, needs: int) -> None:
    lines = text(strategy, EVERYTHING).splitlines()
    assert [line.startswith("# Before the start: ") for line in lines[: needs + 1]] == [True] * needs + [False]
    assert not text(strategy, PLAIN).startswith("#")


def test_schema_is_that_of_a_known_server() -> None:
    first = text("canary", PLAIN, "http://127.0.0.1:1234").splitlines()[0]
    assert first.endswith("$schema=http://127.0.0.1:1234/api/v1/schema/deployment.json")


@pytest.mark.feature("F165")
@pytest.mark.parametrize("strategy", SERVICES)
@pytest.mark.parametrize("feature", sorted(EVERYTHING))
def test_every_feature_gives_a_file_that_reads(strategy: str, feature: str) -> None:
    written = text(strategy, frozenset({feature}))
    problems = prepare(written, {}).problems
    assert [one for one in problems if one.severity == "error"] == []
    assert len(unrun(written)) == sum(one.code == "not_built" for one in problems)
