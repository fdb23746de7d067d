"""The executor's loop without its IO: decide, send, learn, until nothing is left to send."""

from libs.workload.dialogue.answers import learn
from libs.workload.dialogue.outlook import Outlook
from libs.workload.dialogue.wanted import Request, Seen, Wanted
from libs.workload.kinds.naming import Marks
from libs.workload.kinds.objects import Identity, Object
from libs.workload.reconcile import reconcile
from libs.workload.snapshot import Survey, survey, survey_requests
from tests.unit.workload.build import V2
from tests.unit.workload.cluster import Cluster

ROUNDS = 60


class Executor:
    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.read: dict[Identity, Object | None] = {}

    def seen(self) -> Seen:
        shown = self.cluster.seen()
        return Seen({**self.read, **shown.objects}, shown.pods)

    def ask(self, request: Request) -> None:
        learned = learn(request, *self.cluster.send(request))
        self.read.update(learned.objects)
        for again in learned.reread:
            self.read.update(learn(again, *self.cluster.send(again)).objects)

    def survey(self, objects: tuple[Object, ...], marks: Marks = V2) -> Survey:
        while requests := survey_requests(objects, self.seen()):
            for request in requests:
                self.ask(request)
        found = survey(objects, self.seen(), marks)
        assert isinstance(found, Survey), found
        return found

    def once(self, wanted: Wanted) -> tuple[Request, ...]:
        requests = awaited(wanted, self.seen()).requests
        for request in requests:
            self.ask(request)
        return requests

    def until_settled(self, wanted: Wanted) -> None:
        for _ in range(ROUNDS):
            if not self.once(wanted) and settled(wanted, self.seen()):
                return
            self.cluster.run()
            for request in awaited(wanted, self.seen()).polls:
                self.ask(request)
        raise AssertionError(f"did not settle: {awaited(wanted, self.seen()).hindrance}")


def awaited(wanted: Wanted, seen: Seen) -> Outlook:
    """What a goal still lacks, where nothing objects to it."""
    decision = reconcile(wanted, seen)
    assert isinstance(decision, Outlook), decision
    return decision


def settled(wanted: Wanted, seen: Seen) -> bool:
    decision = reconcile(wanted, seen)
    return isinstance(decision, Outlook) and decision.is_settled
