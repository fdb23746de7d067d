"""What a rollout asks for now: the new version's percentage, or which of two versions stands and is led to."""

from msgspec import Struct

from libs.plan.model import DeployGreen, RedirectTraffic, SetWeight, ShutDownOld, Step
from libs.rollout.state import Phase, Rollout, has_stable


def weight(rollout: Rollout) -> int:
    """The new version's percentage that the steps ask for now; blue/green knows all and nothing."""
    match rollout.phase:
        case Phase.LANDED | Phase.FINISHING | Phase.SUCCEEDED:
            return 100
        case Phase.PROGRESSING | Phase.HELD:
            if swapped := swap(rollout):
                has_green = any(isinstance(step, DeployGreen) for step in _begun(rollout))
                return 100 if swapped.traffic_to_new and has_green else 0
            weights = [weight_of(rollout, step) for step in _begun(rollout) if isinstance(step, SetWeight)]
            return weights[-1] if weights else 0
        case _:
            return 0


def weight_of(rollout: Rollout, step: SetWeight) -> int:
    """The percentage that a step means: a first deployment knows only all."""
    return step.weight if has_stable(rollout) else 100


class Swap(Struct, frozen=True):
    """What a blue/green rollout asks for now."""

    traffic_to_new: bool
    """Where the active services point to."""
    stable_runs: bool
    """Whether the old version is there whole; else it has no pods."""


def swap(rollout: Rollout) -> Swap | None:
    """None where the strategy is not blue/green."""
    if not any(isinstance(step, DeployGreen) for step in rollout.steps):
        return None
    match rollout.phase:
        case Phase.LANDED | Phase.FINISHING | Phase.SUCCEEDED:
            return Swap(traffic_to_new=True, stable_runs=False)
        case Phase.PROGRESSING | Phase.HELD if not has_stable(rollout):
            return Swap(traffic_to_new=True, stable_runs=False)
        case Phase.PROGRESSING | Phase.HELD:
            begun = {type(step) for step in _begun(rollout)}
            return Swap(traffic_to_new=RedirectTraffic in begun, stable_runs=ShutDownOld not in begun)
        case _:
            return Swap(traffic_to_new=False, stable_runs=True)


def _begun(rollout: Rollout) -> tuple[Step, ...]:
    """The steps up to where it is, the current one included."""
    return rollout.steps[: rollout.step + (rollout.phase is Phase.PROGRESSING)]
