"""The files that people start from."""

import pytest
import yaml

from cli.demo.place import EXAMPLES, NAMESPACES, moved
from cli.files.submission import read
from libs.config.parse import parse

FILES = sorted(str(path.relative_to(EXAMPLES)) for path in EXAMPLES.glob("*/v*.yml"))


@pytest.mark.feature("F29", "F54")
@pytest.mark.parametrize("name", FILES)
def test_every_example_is_valid(name: str) -> None:
    assert read(str(EXAMPLES / name)).problems == ()


def test_example_of_configuration_is_valid() -> None:
    parsed = parse((EXAMPLES / "config.yml").read_text(), "main")
    assert parsed.problems == ()
    assert parsed.config is not None
    assert [one.name for one in parsed.config.metric_providers] == ["prometheus"]


@pytest.mark.parametrize("name", FILES)
def test_borrowed_cluster_is_touched_nowhere_else(name: str) -> None:
    document = yaml.safe_load(moved((EXAMPLES / name).read_text()))
    targets = document["targets"]
    assert {name: target["namespace"] for name, target in targets.items()}.items() <= NAMESPACES.items()
    assert {target["account"] for target in targets.values()} == {"cluster"}
    assert not [one for one in document["manifests"] if "namespace" in one["path"]]
