"""The figures of a run, and what a person needs when something does not hold."""

from collections import Counter

from tests.chaos.power_cut import Cut
from tests.chaos.run import Outcome, Plan

_LAST_LINES = 400


def figures(plan: Plan, outcome: Outcome) -> str:
    accepted = sum(len(one.ids) for one in outcome.told)
    ended = sum(1 for one in outcome.told if one.phases)
    requests = sum(one.sent for one in outcome.told)
    rows = [
        ("kills", f"{outcome.story.kills.total()}: {_counted(outcome.story.kills)}"),
        ("other faults", f"{outcome.story.faults.total()}: {_counted(outcome.story.faults)}"),
        (
            "accepted",
            f"{accepted}, by {requests} requests; {_counted(Counter(one.release.kind for one in outcome.told))}",
        ),
        ("ended", f"{ended}: {_counted(Counter(one.phases[0] for one in outcome.told if one.phases))}"),
        ("answers", f"{_statuses(outcome.answers)}; the slowest after {outcome.slowest:.1f} s"),
        ("witnesses", f"{outcome.records} messages, {outcome.facts} facts, {outcome.states} states of the cluster"),
        ("longest without progress", f"{outcome.silence:.1f} s between two facts"),
        ("peace", f"all at its end {outcome.peace:.1f} s after the last fault"),
        ("idle wake-ups", f"{outcome.idle}, for which no record waits"),
        *((name, str(len(found))) for name, found in outcome.violations.items() if name in ("lost", "doubled")),
        ("other violations", str(sum(len(v) for k, v in outcome.violations.items() if k not in ("lost", "doubled")))),
    ]
    if outcome.left_out:
        rows.append(("left out", f"full disk ({outcome.left_out})"))
    if outcome.story.kills.total() < plan.kills:
        rows.append(("TOO FEW KILLS", f"{plan.kills} were asked for"))
    return "\n".join(f"  {name:<26}{value}" for name, value in rows)


def power(cut: Cut) -> str:
    if cut.left_out:
        return f"  left out                  power cut ({cut.left_out})"
    return f"  power cut                 {cut.acknowledged} messages acknowledged before it, {cut.lost} lost"


def violations(outcome: Outcome) -> str:
    lines = outcome.story.text().splitlines()
    shown = [f"… {len(lines) - _LAST_LINES} lines before"] * (len(lines) > _LAST_LINES) + lines[-_LAST_LINES:]
    for name, found in outcome.violations.items():
        if found:
            shown += [f"DOES NOT HOLD: {name}", *(f"  {one}" for one in found[:20]), f"  {len(found)} in all"]
    return "\n".join(shown)


def _statuses(answers: Counter[int]) -> str:
    return ", ".join(f"{count} {status or 'without an answer'}" for status, count in sorted(answers.items()))


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.most_common())
