"""What is seen of a target's pods, and since when nobody sees it."""

from datetime import UTC, datetime

from rich.console import Console
from rich.tree import Tree

from cli.showing.pods import add_live
from libs.api.view import LiveView
from libs.messages.live import LiveWorkload

NOW = datetime(2026, 1, 2, 14, 3, 10, tzinfo=UTC)


def drawn(live: LiveView) -> str:
    tree = Tree("prod")
    add_live(tree, live, 8)
    console = Console(width=120)
    with console.capture() as captured:
        console.print(tree)
    return captured.get()


def test_unseen_workload_says_since_when() -> None:
    workloads = (LiveWorkload("web", (), NOW), LiveWorkload("worker", ()))
    lines = drawn(LiveView(at=NOW, workloads=workloads)).splitlines()
    assert [line.strip() for line in lines] == ["prod", "├── web  last seen 14:03:10 UTC", "└── worker"]
