"""`make chaos [SEED=x] [KILLS=n]`: kill, stop and cut off at random, then ask three witnesses; the figures of it."""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
from pathlib import Path

import structlog

from tests.chaos.power_cut import power_cut
from tests.chaos.report import figures, power, violations
from tests.chaos.run import Plan, discard, run

_APPLICATIONS = ("shop-1", "shop-2", "shop-3", "swap-1", "swap-2")


def main() -> int:
    given = _parser().parse_args()
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    plan = Plan(seed, given.kills, given.seconds, _APPLICATIONS[: given.applications])
    folder = Path(tempfile.mkdtemp(prefix=f"fairlead-chaos-{seed}-"))
    _print(f"chaos: seed {seed}, {plan.kills} kills, state and logs in {folder}")
    # The driver's own connection breaks with every node: that is told in the story.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    cut = asyncio.run(power_cut(folder / "power-cut", given.power_cut))
    _print(power(cut))
    outcome = asyncio.run(run(plan, folder / "state"))
    _print(figures(plan, outcome))
    if outcome.holds and outcome.story.kills.total() >= plan.kills and not cut.lost:
        discard(folder)
        return 0
    (folder / "story.txt").write_text(outcome.story.text())
    _print(violations(outcome))
    _print(
        f"again: make chaos SEED={seed} KILLS={plan.kills}; the story: {folder}/story.txt; logs: {folder}/state/logs"
    )
    return 1


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=1500, help="after which no more is struck")
    parser.add_argument("--power-cut", type=float, default=10, help="seconds of writing until the power is cut")
    parser.add_argument("--applications", type=int, default=len(_APPLICATIONS))
    return parser


if __name__ == "__main__":
    sys.exit(main())
