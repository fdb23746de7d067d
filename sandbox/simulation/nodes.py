"""Which nodes are there, and which one takes the next pod?"""

from random import Random

from sandbox.objects.json import Object, at
from sandbox.objects.kinds import NODE
from sandbox.simulation.step import name_of
from sandbox.state.store import Store


class Nodes:
    def __init__(self, store: Store, random: Random) -> None:
        self._store = store
        self._random = random

    def choose(self) -> str:
        """Any node that takes pods; an empty name when there is none."""
        names = self.names()
        return self._random.choice(names) if names else ""

    def names(self) -> list[str]:
        records = self._store.records(NODE.resource)
        return [name_of(record.value) for record in records if not at(record.value, "spec", "unschedulable")]

    def address(self) -> str:
        return f"10.244.{self._random.randrange(256)}.{self._random.randrange(1, 255)}"


def node(name: str) -> Object:
    """A node as a kubelet reports it: large, ready, and nowhere."""
    size = {"cpu": "64", "memory": "256Gi", "pods": "1000", "ephemeral-storage": "1Ti"}
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "the sandbox is ready"}
    status = {
        "capacity": size,
        "allocatable": size,
        "conditions": [ready],
        "addresses": [{"type": "Hostname", "address": name}],
        "nodeInfo": {
            "kubeletVersion": "v1.36.0-sandbox",
            "osImage": "Fairlead sandbox",
            "operatingSystem": "linux",
            "architecture": "amd64",
            "containerRuntimeVersion": "none://0",
            "kernelVersion": "none",
        },
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {},
        "status": status,
    }
