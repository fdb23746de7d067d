"""How much one run holds: small ones for breadth on a scripted cluster, full ones for truth on a sandbox."""

from msgspec import Struct


class Scope(Struct, frozen=True, kw_only=True):
    """Choices are drawn from; what is likelier stands there more often."""

    is_scripted: bool
    """On a cluster that answers as told, instead of a sandbox."""
    releases: int
    targets: tuple[int, ...]
    replicas: tuple[int, ...]
    most_steps: int
    pause_seconds: tuple[int, ...]
    start_seconds: tuple[int, ...]
    step_seconds: int
    """How long a target may take to become ready."""
    gate_seconds: int
    """By when an approval expires."""
    judgement_seconds: int
    patience_seconds: float
    """By when the next release is handed in at the latest, where somebody cannot wait."""
    look_seconds: float
    """How often people look, at the rarest."""
    settle_seconds: float
    """How long everything is given at the end, at least."""
    gates: int = 1
    """How many stand in each list of gates."""


FULL = Scope(
    is_scripted=False,
    releases=3,
    targets=(1, 1, 2),
    replicas=(1, 2, 3),
    most_steps=4,
    pause_seconds=(5, 20, 60),
    start_seconds=(0, 0, 1, 8, 20),
    step_seconds=90,
    gate_seconds=600,
    judgement_seconds=10,
    patience_seconds=200,
    look_seconds=20,
    settle_seconds=120,
)
SCRIPTED = Scope(
    is_scripted=True,
    releases=2,
    targets=(1, 1, 1, 1, 2),
    replicas=(1, 2, 2, 3),
    most_steps=2,
    pause_seconds=(3, 6),
    start_seconds=(0, 0, 1, 3),
    step_seconds=25,
    gate_seconds=120,
    judgement_seconds=3,
    patience_seconds=40,
    look_seconds=8,
    settle_seconds=10,
)
SCOPES = {"scripted": SCRIPTED, "full": FULL}
