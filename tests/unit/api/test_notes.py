from typing import Any

import msgspec
from msgspec import Struct

from libs.api.notes import annotate


class Leaf(Struct, rename="camel"):
    how_ripe: int
    """In days."""
    plain: str = ""


class Tree(Struct):
    leaves: tuple[dict[str, Leaf | None], ...]
    """By the name of the
    branch."""
    parent: "Tree | None" = None


def annotated() -> dict[str, Any]:
    _, components = msgspec.json.schema_components([Tree])
    annotate(components, (Tree,))
    return components


def test_note_below_a_field_describes_it() -> None:
    assert annotated()["Tree"]["properties"]["leaves"]["description"] == "By the name of the\nbranch."


def test_nested_field_is_described_under_its_written_name() -> None:
    assert annotated()["Leaf"]["properties"]["howRipe"] == {"description": "In days.", "type": "integer"}


def test_field_without_note_stays_as_it_is() -> None:
    assert "description" not in annotated()["Leaf"]["properties"]["plain"]
