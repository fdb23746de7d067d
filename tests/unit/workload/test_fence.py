"""Who may write, read from an annotation."""

import pytest

from libs.workload.dialogue.fence import Fence, Standing, following, standing
from libs.workload.kinds.naming import rollout_annotation
from tests.unit.workload.build import V2

OURS = Fence(3, "host.example-7", 5)


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ("", Standing.UNMARKED),
        ("3.host.example-7.5.9", Standing.OURS),
        ("3.host.example-7.4.9", Standing.OURS),
        ("3.host.example-7.9", Standing.OURS),
        ("2.host.example-7.5.9", Standing.OLDER),
        ("2.host.example-7.9", Standing.OLDER),
        ("4.other.5.1", Standing.NEWER),
        ("4.other.1", Standing.NEWER),
        ("3.other.5.1", Standing.NEWER),
        ("3.host.example-7.6.9", Standing.NEWER),
        ("2.other.6.1", Standing.NEWER),
        ("nonsense", Standing.OLDER),
        ("-1.a.b", Standing.OLDER),
        ("²." + "a.1", Standing.OLDER),
    ],
)
def test_mark_tells_who_was_here(mark: str, expected: Standing) -> None:
    live = {"metadata": {"annotations": {rollout_annotation(V2): mark}}}
    assert standing(live, V2, OURS) is expected


def test_writes_count_on_within_an_epoch() -> None:
    assert following("3.host.example-7.4.9", OURS) == "3.host.example-7.5.10"
    assert following("2.host.example-7.5.9", OURS) == "3.host.example-7.5.1"
    assert following("", OURS) == "3.host.example-7.5.1"
