"""A sandbox beside the real cluster, and a namespace of the same name in both for each case."""

from collections.abc import Iterator
from itertools import count

import pytest
from msgspec import Struct

from tests.cluster.contract.compare import Differences, differences, normal
from tests.cluster.contract.side import Side
from tests.cluster.contract.step import Step, get, post
from tests.sandbox.process import sandbox_process
from tools.kubernetes.cluster import Cluster

_numbers = count(1)
_PREPARED = [
    post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$NS"}}),
    get("/api/v1/namespaces/$NS/serviceaccounts/default", until=lambda value: value["kind"] == "ServiceAccount"),
]


class Pair(Struct, frozen=True):
    sandbox: Side
    real: Side

    def differences(self, steps: list[Step]) -> Differences:
        """Where the answers differ when both are asked the same in a fresh namespace."""
        namespace = f"contract-{next(_numbers)}"
        found = []
        for side in (self.sandbox, self.real):
            side.play(_PREPARED, namespace)
            found.append(normal(side.play(steps, namespace), steps))
        return differences(*found)


@pytest.fixture(scope="session")
def pair(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("sandbox")
    with sandbox_process(folder):
        found = Pair(Side(folder / "kubeconfig"), Side(cluster.kubeconfig))
        try:
            yield found
        finally:
            found.sandbox.close()
            found.real.close()
