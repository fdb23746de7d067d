import pytest
from msgspec.structs import replace

from libs.analysis.state import Phase
from libs.plan.model import Definitions
from services.evaluator.measuring.rendering import QUERY_CHARACTERS, Unrenderable, rendered, values
from tests.unit.analysis.runs import a_run, an_analysis

DEFINITIONS = Definitions(context={"owner": "file", "team": "blue"})


@pytest.mark.feature("F50", "F51", "F52", "F130")
def test_every_variable_has_its_value() -> None:
    run = a_run(Phase.ASKING, number=2)
    run = replace(run, subject=replace(run.subject, context={"owner": "gate"}))
    assert values(run, DEFINITIONS, "d1") == {
        "armory.applicationName": "shop",
        "armory.environmentName": "prod",
        "armory.accountName": "prod-eu",
        "armory.namespace": "shop-ns",
        "armory.replicaSetName": "web-new",
        "armory.deploymentId": "d1",
        "armory.intervalMillis": "60000",
        "armory.intervalSeconds": "60",
        "armory.promQlStepInterval": "60s",
        "armory.startTimeIso8601": "2026-03-01T12:01:00.000Z",
        "armory.startTimeEpochSeconds": "1772366460",
        "armory.startTimeEpochMillis": "1772366460000",
        "armory.endTimeIso8601": "2026-03-01T12:02:00.000Z",
        "armory.endTimeEpochSeconds": "1772366520",
        "armory.endTimeEpochMillis": "1772366520000",
        "context.owner": "gate",
        "context.team": "blue",
    }


@pytest.mark.feature("F131")
def test_growing_window_is_named_whole() -> None:
    run = a_run(Phase.ASKING, number=3, analysis=an_analysis(lookback="growing"))
    named = values(run, DEFINITIONS, "d1")
    assert named["armory.promQlStepInterval"] == "180s"
    assert named["armory.startTimeIso8601"] == "2026-03-01T12:00:00.000Z"


def test_unknown_name_is_told_with_its_place() -> None:
    with pytest.raises(Unrenderable, match=r"queryTemplate, line 2, column 4: \{\{context.nobody\}\} has no value"):
        rendered("sum(\nup{{{context.nobody}}})", {})


def test_query_without_end_is_refused() -> None:
    with pytest.raises(Unrenderable, match="longer than 65536 characters"):
        rendered("{{context.long}}", {"context.long": "x" * (QUERY_CHARACTERS + 1)})
