"""The sizes under all that can happen to them: late and lost requests, take-overs, crashes, a person's kubectl."""

from typing import Any

from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from libs.workload.dialogue.answers import fence_off, learn
from libs.workload.dialogue.fence import Fence
from libs.workload.dialogue.outlook import Outlook
from libs.workload.dialogue.wanted import JSON_PATCH, Request, Seen, Stage, Wanted
from libs.workload.kinds.naming import rollout_annotation
from libs.workload.kinds.objects import Identity, Object, annotation, is_leaving, number, replica_set_identity
from libs.workload.reconcile import reconcile
from tests.unit.workload.build import V1, V2, deployment, goal
from tests.unit.workload.cluster import Cluster, make_ready, pod_is_ready
from tests.unit.workload.executor import Executor, awaited, settled

MOST_ROUNDS = 80
WEIGHTS = (0, 10, 25, 50, 75, 100)


class Process:
    """An executor process: its epoch, the goal it read, and its own, maybe old, view of the cluster."""

    def __init__(self, wanted: Wanted, seen: Seen) -> None:
        self.wanted = wanted
        self.objects = dict(seen.objects)
        self.pods = dict(seen.pods)

    def seen(self) -> Seen:
        return Seen(self.objects, self.pods)


class Rollouts(RuleBasedStateMachine):
    """One workload from its first version to its second and, in the end, either way."""

    @initialize(
        replicas=strategies.integers(1, 7),
        before=strategies.integers(1, 7),
        surge=strategies.integers(0, 3),
        unavailable=strategies.integers(0, 3),
        weight=strategies.sampled_from(WEIGHTS),
    )
    def start(self, replicas: int, before: int, surge: int, unavailable: int, weight: int) -> None:
        self.cluster = Cluster()
        limits = {"maxSurge": surge, "maxUnavailable": unavailable}
        old = (deployment(before, "web:1", **limits),)
        self._settle(old, V1)
        self.objects = (deployment(replicas, "web:2", **limits),)
        found = Executor(self.cluster).survey(self.objects, V2)
        self.workload = found.workloads[0]
        wanted = goal(Stage.WEIGHT, self.objects, found.workloads, found.snapshot, weight, V2)
        self.processes = [Process(wanted, self.cluster.seen())]
        self.flying: list[tuple[Process, Request, tuple[int, int]]] = []
        """Sent, and still awaited by who sent them."""
        self.lost: list[tuple[Process, Request, tuple[int, int]]] = []
        """Sent, and given up by who sent them; they may still arrive, and more than once."""
        self.disturbances = 0
        self.epochs: dict[Identity, int] = {}
        self.is_strayed = False

    def _settle(self, objects: tuple[Object, ...], marks: Any) -> None:
        executor = Executor(self.cluster)
        found = executor.survey(objects, marks)
        for stage in (Stage.WEIGHT, Stage.FINISH):
            executor.until_settled(goal(stage, objects, found.workloads, found.snapshot, 100, marks))

    @property
    def newest(self) -> Process:
        return self.processes[-1]

    @rule(zombie=strategies.integers(0, 8), fate=strategies.sampled_from(("", "", "lost", "late", "error")))
    def decide(self, zombie: int, fate: str) -> None:
        process = self.processes[-1 - (zombie if zombie < len(self.processes) else 0)]
        if any(sender is process for sender, _, _ in self.flying):
            return
        decision = reconcile(process.wanted, process.seen())
        assert not (process is self.newest and not isinstance(decision, Outlook)), decision
        known = self.disturbances, self._usable_as_seen(process.seen())
        for request in decision.requests if isinstance(decision, Outlook) else ():
            if fate == "late":
                self.flying.append((process, request, known))
            elif fate == "error":
                self._lose(process, request)
            else:
                self._send(process, request, known, fate == "lost")

    @rule(choice=strategies.integers(0, 50), lost=strategies.booleans())
    @precondition(lambda self: self.flying)
    def arrive(self, choice: int, lost: bool) -> None:
        self._send(*self.flying.pop(choice % len(self.flying)), lost)

    @rule(choice=strategies.integers(0, 50))
    @precondition(lambda self: self.flying)
    def give_up_waiting(self, choice: int) -> None:
        flight = self.flying.pop(choice % len(self.flying))
        self.lost.append(flight)
        self._lose(*flight[:2])

    @rule(choice=strategies.integers(0, 50))
    @precondition(lambda self: self.lost)
    def arrive_after_all(self, choice: int) -> None:
        process, request, known = self.lost[choice % len(self.lost)]
        self._deliver(process, request, known)

    @rule(weight=strategies.sampled_from(WEIGHTS))
    @precondition(lambda self: self.newest.wanted.stage is Stage.WEIGHT)
    def next_weight(self, weight: int) -> None:
        """Committed state moves on only when its goal was true."""
        if settled(self.newest.wanted, self.newest.seen()):
            self.newest.wanted = self._again(self.newest.wanted, Stage.WEIGHT, weight)

    @rule(die=strategies.integers(0, 5))
    def roll_back(self, die: int) -> None:
        if self.newest.wanted.stage is Stage.WEIGHT and die == 5:
            self.newest.wanted = self._again(self.newest.wanted, Stage.RETURN, 0)

    @rule()
    @precondition(lambda self: len(self.processes) < 4)
    def take_over(self) -> None:
        """Another process commits the next epoch; the one before does not know yet."""
        wanted = self.newest.wanted
        fence = Fence(wanted.fence.epoch + 1, "ab"[wanted.fence.epoch % 2], wanted.fence.goal)
        self.processes.append(Process(self._again(wanted, wanted.stage, wanted.weight, fence), self.cluster.seen()))

    @rule()
    def all_watch(self) -> None:
        for process in self.processes:
            self._observe(process)

    @rule()
    def controllers_catch_up(self) -> None:
        for where in list(self.cluster.live):
            self.cluster.sync(where)
        self._observe(self.newest)

    @rule()
    def pods_start(self) -> None:
        self.cluster.run()
        self._observe(self.newest)

    @rule(choice=strategies.integers(0, 50))
    def pod_becomes_ready(self, choice: int) -> None:
        pods = [(where, pod) for where, pods in self.cluster.pods.items() if where in self.cluster.live for pod in pods]
        if pods:
            where, pod = pods[choice % len(pods)]
            make_ready(pod)
            self.cluster.report(where)

    @rule(choice=strategies.integers(0, 50), reported=strategies.booleans())
    def pod_crashes(self, choice: int, reported: bool) -> None:
        pods = [(where, pod) for where, pods in self.cluster.pods.items() if where in self.cluster.live for pod in pods]
        if pods:
            where, pod = pods[choice % len(pods)]
            pod["status"] = {"conditions": []}
            if reported:
                self.cluster.report(where)
            self._disturb()

    @rule(choice=strategies.integers(0, 50), size=strategies.integers(0, 9))
    def person_scales(self, choice: int, size: int) -> None:
        where = list(self.cluster.live)[choice % len(self.cluster.live)]
        self.cluster.scale(where, size)
        self.cluster.sync(where)
        self._disturb()

    def _disturb(self) -> None:
        """From outside, and so not our move: what was decided before it may turn out wrong."""
        self.disturbances += 1
        for process in self.processes:
            self._observe(process)

    def _observe(self, process: Process) -> None:
        shown = self.cluster.seen()
        process.objects, process.pods = dict(shown.objects), dict(shown.pods)

    def _send(self, process: Process, request: Request, known: tuple[int, int], lost: bool) -> None:
        code, body = self._deliver(process, request, known)
        if lost:
            self.lost.append((process, request, known))
            self._lose(process, request)
        else:
            self._learn(process, request, code, body)

    def _deliver(self, process: Process, request: Request, known: tuple[int, int]) -> tuple[int, Object]:
        before = self._sizes(), self._usable(), self._total()
        code, body = self.cluster.send(request)
        if code < 300:
            self._judge(process, request, before, known)
        return code, body

    def _learn(self, process: Process, request: Request, code: int, body: Object) -> None:
        learned = learn(request, code, body)
        process.objects.update(learned.objects)
        for again in learned.reread:
            process.objects.update(learn(again, *self.cluster.send(again)).objects)

    def _lose(self, process: Process, request: Request) -> None:
        """No answer came: the executor reads, and makes sure that what it does not know of cannot come any more."""
        self._learn(process, request, 0, {})
        off = fence_off(request, process.objects.get(request.target), process.wanted)
        if off is not None:
            self._send(process, off, (self.disturbances, 0), lost=False)

    def _judge(self, process: Process, request: Request, before: tuple[Any, int, int], known: tuple[int, int]) -> None:
        sizes, usable, total = before
        decided, usable_then = known
        epoch = process.wanted.fence.epoch
        if request.target in self.cluster.live:
            assert epoch >= self.epochs.get(request.target, 0), "an older epoch wrote after a newer"
            self.epochs[request.target] = epoch
        if request.content_type == JSON_PATCH:
            assert annotation(self.cluster.live[request.target], rollout_annotation(V2)).startswith(f"{epoch}.")
        if sizes == self._sizes():
            return
        # A create cannot be fenced: one that lands late was decided on sizes that may have changed since.
        self.is_strayed = self.is_strayed or (request.method == "POST" and process is not self.newest)
        if decided == self.disturbances and not self.is_strayed:
            assert self._total() <= max(total, self._cap()), "more pods than allowed"
            assert self._usable() >= min(usable, usable_then, self._floor()), "capacity taken away"

    def _sizes(self) -> dict[str, int]:
        return {where.name: number(live, "spec", "replicas") for where, live in self.cluster.live.items()}

    def _total(self) -> int:
        return sum(self._sizes().values())

    def _usable(self) -> int:
        """Pods that stay ready once the controllers have caught up."""
        return sum(
            min(number(live, "spec", "replicas"), sum(pod_is_ready(pod) for pod in self.cluster.pods.get(where, [])))
            for where, live in self.cluster.live.items()
        )

    def _usable_as_seen(self, seen: Seen) -> int:
        return sum(
            min(number(live, "spec", "replicas"), sum(pod_is_ready(pod) for pod in seen.pods.get(where, [])))
            for where, live in seen.objects.items()
            if live is not None
        )

    def _cap(self) -> int:
        stable = sum(version.replicas for version in self.workload.previous)
        return max(self.workload.replicas, stable) + self.workload.max_surge

    def _floor(self) -> int:
        stable = sum(version.replicas for version in self.workload.previous)
        return min(self.workload.replicas, stable) - self.workload.max_unavailable

    def _again(self, wanted: Wanted, stage: Stage, weight: int, fence: Fence | None = None) -> Wanted:
        return goal(stage, wanted.objects, wanted.workloads, wanted.snapshot, weight, V2, fence or wanted.fence)

    @invariant()
    def sizes_are_counts(self) -> None:
        assert all(size >= 0 for size in self._sizes().values())

    def teardown(self) -> None:
        """Once the cluster heals and the last process is alone, its goal becomes true, in few writes."""
        if not hasattr(self, "processes"):
            return
        process = self.newest
        for flight in self.flying:
            self._lose(*flight[:2])
        writes = len(self.cluster.writes)
        for _ in range(MOST_ROUNDS):
            self.cluster.run()
            self._observe(process)
            decision = reconcile(process.wanted, process.seen())
            assert isinstance(decision, Outlook), decision
            for request in decision.requests:
                self._send(process, request, (self.disturbances, self._usable()), lost=False)
            if not decision.requests and settled(process.wanted, process.seen()):
                break
        else:
            raise AssertionError(f"did not end: {awaited(process.wanted, process.seen()).hindrance}")
        assert len(self.cluster.writes) - writes <= 4 * MOST_ROUNDS // 2
        self._late_requests_change_nothing(process)
        self._ended(process)

    def _late_requests_change_nothing(self, process: Process) -> None:
        before = self._sizes()
        for _, request, _ in (*self.flying, *self.lost):
            if request.method != "POST":
                self.cluster.send(request)
        assert self._sizes() == before
        assert awaited(process.wanted, process.seen()).requests == ()

    def _ended(self, process: Process) -> None:
        if process.wanted.stage is Stage.RETURN:
            recorded = {version.replica_set: version.replicas for version in self.workload.previous}
            assert {name: size for name, size in self._sizes().items() if size} == recorded
        else:
            new = replica_set_identity("shop", self.workload.replica_set)
            live = self.cluster.live.get(new)
            assert live is None or not is_leaving(live)


Rollouts.TestCase.settings = settings(
    max_examples=settings().max_examples * 3 // 5, stateful_step_count=30, deadline=None
)
test_rollouts = Rollouts.TestCase
