"""What is refused in a file because no API server takes it, a real one refuses; what is left alone, it takes."""

import pytest
import yaml

from libs.workload.kinds.paths import collection_path
from tests.cluster.stage import Ground
from tests.unit.spec.test_contents import RIGHT, WRONG
from tools.kubernetes.api import Refused

REASONS = {
    "is a name": "metadata.name",
    "is no key": "data[",
    "needs base64": "illegal base64",
    "needs": "cannot unmarshal",
}
"""The server's word for each of ours, the narrower first."""
BUILT_IN = [name for name, text in RIGHT.items() if "example.test" not in text]


async def refused(ground: Ground, text: str) -> str:
    """What the server says against an object; empty where it takes it."""
    value = yaml.safe_load(text)
    if value["kind"] == "Service":
        value["spec"] = {"ports": [{"port": 80}]}
    path = collection_path(value["apiVersion"], value["kind"], "default")
    try:
        await ground.cluster.api.ask("POST", f"{path}?dryRun=All&fieldValidation=Strict", value)
    except Refused as refusal:
        return str(refusal)
    return ""


@pytest.mark.parametrize("name", WRONG)
async def test_server_refuses_for_the_same_reason(ground: Ground, name: str) -> None:
    text, told = WRONG[name]
    said = await refused(ground, text)
    assert said.startswith(("400: ", "422: "))
    assert next(theirs for ours, theirs in REASONS.items() if ours in told) in said


@pytest.mark.parametrize("name", BUILT_IN)
async def test_server_takes_it(ground: Ground, name: str) -> None:
    assert await refused(ground, RIGHT[name]) == ""
