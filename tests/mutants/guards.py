"""The safety checks, each with the change that takes it away."""

from msgspec import Struct


class Guard(Struct, frozen=True):
    """One safety check of the product: `code` stands once in `path`, and `mutant` is what is left without the check."""

    name: str
    path: str
    code: str
    mutant: str
    test: str = ""
    """What fails without the check, where it takes a rarer schedule than are run."""


COMMIT = "libs/durable/commit.py"
DECISION = "libs/durable/decision.py"
WRITES = "libs/durable/writes.py"
FENCE = "libs/workload/dialogue/fence.py"
REQUESTS = "libs/workload/dialogue/requests.py"
SCALING = "libs/workload/pods/scaling.py"
MOVING = "libs/workload/pods/moving.py"
FLEET = "libs/workload/pods/fleet.py"
APPLYING = "libs/workload/manifests/applying.py"
RECONCILE = "libs/workload/reconcile.py"
SWAPPING = "libs/workload/traffic/swapping.py"
ROLLOUT = "libs/rollout/machine.py"
WALKING = "libs/rollout/walking.py"
PASSING = "libs/gates/passing.py"
CALLS = "services/executor/calls.py"
STEERINGS = "libs/durable/steerings.py"
SETTLING = "libs/deployment/settling.py"
DEPLOYMENT = "libs/deployment/machine.py"
PROMOTION = "services/planner/promotion.py"
ACCEPTANCE = "services/intake/accepting/acceptance.py"
WEBHOOK = "libs/webhook/machine.py"
ANALYSIS = "libs/analysis/machine.py"

GUARDS = (
    Guard(
        "record is compared and set",
        WRITES,
        "return Write(state_subject(step.noun, step.key), data, expected=expected)",
        "return Write(state_subject(step.noun, step.key), data)",
    ),
    Guard(
        "what is said has an id of its own",
        WRITES,
        "parts = (noun, key.tenant, str(key.partition), key.deployment, key.target, str(step), str(counter))",
        "parts = (noun, key.tenant, str(key.partition), key.deployment, key.target, str(counter))",
    ),
    Guard(
        "messages of one step differ in their ids",
        WRITES,
        "key.target, str(step), str(counter))",
        "key.target, str(step))",
    ),
    Guard("timer's generation is compared", DECISION, " or timer.generation != due.generation or ", " or "),
    Guard("deadline is awaited", DECISION, "if due.at < timer.deadline:", "if False:"),
    Guard(
        "order that comes again is known",
        DECISION,
        "if is_order and mark in loaded.followed:",
        "if False:",
    ),
    Guard(
        "commit without a verdict is decided again",
        COMMIT,
        "                fresh, doubts = False, doubts + 1\n                if doubts == _MAX_DOUBTS:\n                    raise\n",  # noqa: E501 - as it stands in the code
        "                return Applied(loaded.state, True, loaded.revision)\n",
    ),
    Guard(
        "conflict is decided again",
        COMMIT,
        "            except Conflict:\n                fresh = False\n",
        "            except Conflict:\n                return Applied(loaded.state, True, loaded.revision)\n",
    ),
    Guard(
        "message is acknowledged after it is handled",
        "libs/durable/dispatch.py",
        "                await self._settle(arrived)\n",
        "                await self._held[arrived.stored.sequence].ack()\n                await self._settle(arrived)\n",  # noqa: E501 - as it stands in the code
    ),
    Guard(
        "message waits for the bus",
        "libs/durable/dispatch.py",
        "except (Unavailable, Unknown, TimeoutError, Contended) as error:\n                _log.warning(",
        "except (Unavailable, Unknown, TimeoutError, Contended) as error:\n                return _log.warning(",
    ),
    Guard(
        "open timers are announced again",
        "libs/durable/sweep.py",
        "        if writes:\n            await store.commit(writes)\n",
        "",
    ),
    Guard(
        "live records are taken over",
        STEERINGS,
        "                self._follow(key, load(machine, stored).state)\n",
        "                load(machine, stored)\n",
    ),
    Guard(
        "steerings end with the partition",
        STEERINGS,
        "        for task in tasks.values():\n            task.cancel()\n        if tasks:\n            await asyncio.wait(tasks.values())\n",  # noqa: E501 - as it stands in the code
        "",
    ),
    Guard(
        "observation is of the present goal",
        ROLLOUT,
        "if seen.goal == rollout.goal else (rollout, ())",
        "if True else (rollout, ())",
    ),
    Guard(
        "epoch grows with each claim",
        ROLLOUT,
        "epoch=rollout.epoch + 1, process=seen.process",
        "epoch=1, process=seen.process",
    ),
    Guard(
        "cluster has a deadline",
        WALKING,
        "        return rollout, (started, Arm(READY, rollout.timeout_seconds))\n",
        "        return rollout, (started,)\n",
    ),
    Guard(
        "gate has one verdict",
        PASSING,
        "    if index is None or outcome_of(passage, index):\n",
        "    if index is None:\n",
        test="unit/rollout/test_matrix.py",
    ),
    Guard(
        "every gate of a step is passed",
        WALKING,
        "return (after, told) if open_gates(gates) else end_step(after, (*told, Disarm(CHECK)))",
        "return end_step(after, (*told, Disarm(CHECK)))",
    ),
    Guard(
        "failed gate leads back",
        WALKING,
        "    if failed := failure(gates):\n",
        "    if (failed := failure(gates)) and failed.cancelled:\n",
    ),
    Guard(
        "displaced process writes no more",
        FENCE,
        "return Standing.OLDER if epoch < fence.epoch else Standing.NEWER",
        "return Standing.OLDER",
        test="unit/workload/test_reconcile.py",
    ),
    Guard(
        "objects of an older epoch are claimed",
        FENCE,
        "return found is Standing.OLDER or (found is Standing.UNMARKED and fence.epoch > 1)",
        "return False",
        test="unit/workload/test_reconcile.py",
    ),
    Guard("write tests the mark that was read", REQUESTS, '        {"op": "test", "path": path, "value": mark},\n', ""),
    Guard(
        "write tests the size that was read",
        REQUESTS,
        'tests = [{"op": "test", "path": "/spec/replicas", "value": before}]',
        "tests: list[Object] = []",
        test="unit/workload/test_answers.py",
    ),
    Guard(
        "first mark is set on what was read",
        REQUESTS,
        '            "resourceVersion": text(live, "metadata", "resourceVersion"),\n            "annotations": {**ended',  # noqa: E501 - as it stands in the code
        '            "annotations": {**ended',
    ),
    Guard(
        "only what was read is deleted",
        REQUESTS,
        '        "preconditions": preconditions,\n',
        "",
        test="unit/workload/test_autoscaling.py",
    ),
    Guard(
        "only what was read is applied to",
        APPLYING,
        'named = {**ours, "metadata": {**ours["metadata"], "resourceVersion": text(live, "metadata", "resourceVersion")}}',  # noqa: E501 - as it stands in the code
        "named = ours",
        test="unit/workload/test_reconcile.py",
    ),
    Guard(
        "what a late create may overwrite is closed to it",
        APPLYING,
        "    if may_be_made(live, wanted):\n        return Outlook(requests=(close(live),))\n",
        "",
        test="unit/workload/test_reconcile.py",
    ),
    Guard(
        "return ends when no create can come",
        RECONCILE,
        "        partial(none_comes, wanted),\n",
        "",
        test="unit/workload/test_reconcile.py",
    ),
    Guard(
        "each write is made under a claim that stands",
        "services/executor/pursuit.py",
        "            await self._require_claim()\n            refusals",
        "            refusals",
    ),
    Guard(
        "capacity comes before it goes",
        MOVING,
        "pairs.sort(key=lambda pair: pair[1] < pair[0].side.size)",
        "pairs.sort(key=lambda pair: pair[1] > pair[0].side.size)",
        test="unit/workload/test_reconcile.py",
    ),
    Guard(
        "pods are counted when they are ready",
        SCALING,
        "return Side(sum(side.size for side in sides), sum(side.usable for side in sides))",
        "return Side(sum(side.size for side in sides), sum(side.size for side in sides))",
    ),
    Guard(
        "pods are counted when their controller has seen the size",
        FLEET,
        "return slot if slot.is_observed else replace(slot, side=Side(side.size, 0))",
        "return slot",
        test="unit/workload/test_scaling.py",
    ),
    Guard(
        "what goes back waits for what stays",
        SCALING,
        "        max(0, min(total, workload.replicas) - workload.max_unavailable),\n",
        "        0,\n",
    ),
    Guard(
        "new version carries all before traffic moves",
        SWAPPING,
        "whole = all(fleet.new.side.usable >= fleet.workload.replicas for fleet in fleets)",
        "whole = all(fleet.new.side.size >= fleet.workload.replicas for fleet in fleets)",
        test="unit/workload/test_swapping.py",
    ),
    Guard(
        "traffic moves before the old version goes",
        SWAPPING,
        "    if traffic.requests:\n        return traffic\n    shut = not swap.stable_runs and whole\n",
        "    shut = not swap.stable_runs\n",
    ),
    Guard(
        "old version is whole before traffic comes back",
        SWAPPING,
        "ready = all(_carries(wanted, fleet) for fleet in fleets)",
        "ready = True",
    ),
    Guard(
        "write without an answer is read back",
        CALLS,
        "        if not request.is_write or wanted is None:\n            return False\n",
        "        return False\n",
    ),
    Guard(
        "versions are listed before they are judged",
        "libs/workload/snapshot.py",
        "        if versions_list(home) not in seen.objects\n",
        "        if False\n",
        test="unit/workload/test_snapshot.py",
    ),
    Guard(
        "own writes are newer than the watch",
        "services/executor/sight.py",
        'return order(known) >= order(text(own, "metadata", "resourceVersion"))',
        "return True",
    ),
    Guard(
        "place that is gone is listed anew",
        "libs/kube/reflector.py",
        '            self._version = ""\n        # Once',
        "            pass\n        # Once",
        test="unit/kube/test_reflector.py",
    ),
    Guard(
        "target waits for those it depends on",
        SETTLING,
        "if blocker or (target.phase is TargetPhase.WAITING and all(t.phase in DONE for t in needed)):",
        "if blocker or target.phase is TargetPhase.WAITING:",
    ),
    Guard(
        "what depends on a failure does not wait for ever",
        SETTLING,
        "    return is_going or needed.phase in ENDED - DONE\n",
        "    return is_going\n",
    ),
    Guard(
        "nothing is finished before all have landed",
        SETTLING,
        "if deployment.phase is Phase.RUNNING and all(t.phase in DONE | ENDED for t in deployment.targets):",
        "if deployment.phase is Phase.RUNNING and any(t.phase in DONE | ENDED for t in deployment.targets):",
        test="unit/deployment/test_matrix.py",
    ),
    Guard(
        "what is being finished is not aborted",
        DEPLOYMENT,
        "if is_terminal(deployment) or deployment.phase in (Phase.FINISHING, Phase.ABORTING):",
        "if is_terminal(deployment):",
    ),
    Guard(
        "who waits begins after the end of the one before",
        PROMOTION,
        "if waiting.phase is not Phase.QUEUED or not is_terminal(await self._state(key, lock.holder)):",
        "if waiting.phase is not Phase.QUEUED:",
    ),
    Guard(
        "lock is compared and set when it is handed on",
        PROMOTION,
        "Write(subject, msgspec.json.encode(after), expected=stored.sequence)",
        "Write(subject, msgspec.json.encode(after))",
        test="unit/planner/test_promotion.py",
    ),
    Guard(
        "who has ended hands the application on",
        "services/planner/handlers.py",
        "if deployment.application and (is_terminal(deployment) or deployment.phase is Phase.QUEUED):",
        "if deployment.application and deployment.phase is Phase.QUEUED:",
        test="unit/planner/test_promotion.py",
    ),
    Guard(
        "lock is compared and set when something is accepted",
        ACCEPTANCE,
        "            expected=applicant.standing.revision,\n",
        "",
        test="integration/intake/test_start.py",
    ),
    Guard(
        "newcomer waits for who is there",
        ACCEPTANCE,
        "    if not standing.holder:\n        yield _order",
        "    if True:\n        yield _order",
    ),
    Guard(
        "who is replaced is told",
        ACCEPTANCE,
        "    if standing.waiting:\n",
        "    if False:\n",
        test="integration/intake/test_queue.py",
    ),
    Guard(
        "one request is one deployment",
        ACCEPTANCE,
        "rest = hashlib.sha256(seed).digest() if idempotency_key else random.randbytes(32)",
        "rest = random.randbytes(32)",
    ),
    Guard(
        "what is called back late does not count",
        WEBHOOK,
        "    if problem := facts.refusal(run):\n",
        "    if (problem := facts.refusal(run)) and not is_terminal(run):\n",
    ),
    Guard("callback is awaited", WEBHOOK, "    if not run.calls_back:\n", "    if True:\n"),
    Guard(
        "webhook that has ended is not cancelled",
        WEBHOOK,
        "case _, CancelWebhook(run=name) if not is_terminal(run):",
        "case _, CancelWebhook(run=name):",
    ),
    Guard(
        "attempt that was left is made again",
        WEBHOOK,
        "is_left = bool(run.process) and begun.process != run.process and begun.attempt == run.attempt",
        "is_left = False",
    ),
    Guard(
        "round without data is no round",
        ANALYSIS,
        "    if not unheard(heard):\n        return _done(heard, answered)\n",
        "    if new or unheard(heard):\n        return _done(heard, answered)\n",
    ),
    Guard(
        "every round is made",
        ANALYSIS,
        "elif heard.number >= heard.analysis.runs:",
        "elif heard.number >= 1:",
    ),
    Guard(
        "answer is of the round that is asked for",
        ANALYSIS,
        "case Phase.ASKING, Answered(number=run.number, attempt=run.attempt):",
        "case _, Answered():",
    ),
    Guard(
        "analysis that has ended is not cancelled",
        ANALYSIS,
        "case _, CancelAnalysis() if not is_terminal(run):",
        "case _, CancelAnalysis():",
        test="unit/analysis/test_matrix.py",
    ),
    Guard(
        "approval that nobody gave fails",
        PASSING,
        "            if question(passage, index) is None:\n",
        "            if True:\n",
    ),
    Guard(
        "approval is of what asks for one",
        PASSING,
        "    if index is None or question(passage, index) is None:\n        return None\n    return _pass(",
        "    if index is None:\n        return None\n    return _pass(",
        test="unit/rollout/test_matrix.py",
    ),
    Guard(
        "stream of which nothing is heard has ended",
        "libs/link/pulse.py",
        "            patience = self._heard_at + self._rhythm.dead_seconds - self._clock.monotonic()\n",
        "            patience = self._rhythm.dead_seconds\n",
    ),
    Guard(
        "answer of which nothing is heard has ended",
        "libs/link/answer.py",
        "async with asyncio.timeout(SILENCE_SECONDS):",
        "async with asyncio.timeout(None):",
    ),
    Guard(
        "agents are asked by their own names",
        "libs/messages/agent.py",
        'return f"agent.{tenant}.{token(agent)}.request"',
        'return f"agent.{tenant}.any.request"',
    ),
    Guard(
        "lease is somebody's",
        "libs/durable/partitions.py",
        "        if entry is None or (entry.value != member and not self._is_stale(entry)):\n            return None\n",
        "        if entry is None:\n            return None\n",
    ),
)

REDUNDANT: dict[Guard, str] = {
    Guard(
        "deployment starts once",
        DEPLOYMENT,
        "case StartDeployment() if deployment.phase in (Phase.ABSENT, Phase.QUEUED):",
        "case StartDeployment():",
        test="unit/deployment/test_matrix.py",
    ): "orders are followed once",
    Guard(
        "step is the cluster's to end",
        ROLLOUT,
        "case Phase.PROGRESSING, Settled() if asks_cluster(rollout.steps[rollout.step]):",
        "case Phase.PROGRESSING, Settled():",
        test="unit/rollout/test_matrix.py",
    ): "what was seen names the goal it was seen for, and nobody looks for a step that is not the cluster's",
    Guard(
        "orders without an answer are given again",
        DEPLOYMENT,
        "return deployment, (*_reminders(deployment), Arm(CHECK, CHECK_SECONDS))",
        "return deployment, (Arm(CHECK, CHECK_SECONDS),)",
        test="unit/deployment/test_matrix.py",
    ): "an order is committed with the step that gives it, and the bus brings it until it is followed",
    Guard(
        "what waits looks again",
        PASSING,
        "    return tuple(output for index in awaited if not outcome_of(passage, index) for output in _opened(passage, index))",  # noqa: E501 - as it stands in the code
        "    return ()",
        test="unit/rollout/test_matrix.py",
    ): "a run's end is committed with the fact that tells it, and the bus brings that until it is heard",
    Guard(
        "who lost its claim stops by itself",
        "services/executor/claim.py",
        "            raise Stopped\n",
        "            pass\n",
    ): "the marks on the objects refuse its writes, and its record no longer knows its goal",
}
"""Those behind which another check stands: taken away they change nothing that is promised, and why."""
