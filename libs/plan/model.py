"""The plan: the compiled, immutable whole of a deployment, and the vocabulary of its steps."""

from msgspec import Struct

from libs.spec.model import Approval as Approval
from libs.spec.model import Pause as Pause
from libs.spec.model import SetWeight as SetWeight


class ApplyManifests(Struct, frozen=True, tag_field="step", tag="applyManifests"):
    """Bring every object that is not a Deployment; always the first step."""


Step = ApplyManifests | SetWeight | Pause


class TargetPlan(Struct, frozen=True):
    """One target: where, after what, and the steps to walk."""

    name: str
    agent: str
    namespace: str
    """Empty where each manifest's own namespace stands."""
    depends_on: tuple[str, ...]
    before: tuple[Pause, ...]
    steps: tuple[Step, ...]
    after: tuple[Pause, ...]
    manifests: str
    """Digest of the target's objects in the object store."""
    timeout_seconds: int


class Plan(Struct, frozen=True):
    """All targets in the file's order."""

    application: str
    targets: tuple[TargetPlan, ...]
