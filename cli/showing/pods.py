"""What is seen of a target's pods, below it in the tree. Pure."""

from rich.text import Text
from rich.tree import Tree

from cli.showing.marks import marked
from libs.api.view import LiveView
from libs.messages.live import LivePod, LiveVersion, LiveWorkload

MOST_PODS = 8


def add_live(branch: Tree, live: LiveView, pods: int) -> None:
    if live.agent_away_since:
        branch.add(Text(f"the agent has been away since {live.agent_away_since:%H:%M:%S} UTC", "red"))
    for workload in live.workloads:
        _add_workload(branch, workload, pods)


def _add_workload(branch: Tree, workload: LiveWorkload, pods: int) -> None:
    name = Text(workload.name, "bold")
    if workload.last_seen:
        name.append(f"  last seen {workload.last_seen:%H:%M:%S} UTC", "red")
    node = branch.add(name)
    for version in workload.versions:
        if version.replicas or version.ready or version.pods or version.role == "new":
            _add_version(node, version, pods)


def _add_version(node: Tree, version: LiveVersion, pods: int) -> None:
    full = version.ready >= version.replicas
    line = Text(f"{version.replica_set}  ")
    line.append(f"{version.ready}/{version.replicas} ready", "green" if full else "yellow")
    line.append(f"  {version.role}  {version.image}", "dim")
    branch = node.add(line)
    # What is wrong comes first: a long list of healthy pods must not push it out.
    shown = sorted(version.pods, key=lambda pod: (pod.ready, pod.name))
    for pod in shown[:pods]:
        branch.add(_pod(pod))
    if 0 < pods < len(shown):
        branch.add(Text(f"… {len(shown) - pods} more", "dim"))


def _pod(pod: LivePod) -> Text:
    line = marked("done" if pod.ready else "current", pod.name)
    if pod.reason:
        line.append(f"  {pod.reason}", "dim" if pod.ready else "red")
    return line
