"""The plan: the compiled, immutable whole of a deployment, and the vocabulary of its steps."""

from msgspec import Struct


class Approval(Struct, frozen=True, omit_defaults=True):
    """A person's decision that a pause waits for."""

    roles: tuple[str, ...] = ()
    """Any one of these may decide; empty: anyone who may act on the deployment."""
    expires_seconds: int | None = None


class ApplyManifests(Struct, frozen=True, tag_field="do", tag="applyManifests"):
    """Bring every object that is not a Deployment; always the first step."""


class SetWeight(Struct, frozen=True, tag_field="do", tag="setWeight"):
    """Give `weight` percent to the new version."""

    weight: int


class Pause(Struct, frozen=True, tag_field="do", tag="pause", omit_defaults=True):
    """Wait for a time or for a person; exactly one of the two is set."""

    seconds: int | None = None
    approval: Approval | None = None


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
