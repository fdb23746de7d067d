"""What is asked of both: sequences of requests by name, as Fairlead and kubectl make them."""

from tests.cluster.contract.cases import applying, custom, deleting, patching, reading, refusing, workloads, writing
from tests.cluster.contract.step import Step

CASES: dict[str, list[Step]] = {
    **reading.CASES,
    **writing.CASES,
    **patching.CASES,
    **applying.CASES,
    **deleting.CASES,
    **refusing.CASES,
    **custom.CASES,
    **workloads.CASES,
}
