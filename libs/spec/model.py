"""The deployment file in its normal form: what was asked, without the shapes in which people may write it.

Durations are seconds, names are resolved, a manifest names its targets, a pause waits for a time or for a person.
"""

from msgspec import Struct

DEFAULT_TIMEOUT_SECONDS = 30 * 60


class SetWeight(Struct, frozen=True, tag_field="step", tag="setWeight"):
    """Give `weight` percent to the new version."""

    weight: int


class Approval(Struct, frozen=True):
    roles: tuple[str, ...] = ()
    """Any one of these may decide; empty: anyone who may act on the deployment."""
    expires_seconds: int | None = None


class Pause(Struct, frozen=True, tag_field="step", tag="pause"):
    """Wait for a time or for a person; exactly one of the two is set."""

    seconds: int | None = None
    approval: Approval | None = None


Step = SetWeight | Pause


class Canary(Struct, frozen=True, tag_field="kind", tag="canary"):
    """Steps in order; a last weight of 100 is implied."""

    steps: tuple[Step, ...]


Strategy = Canary


class Target(Struct, frozen=True):
    account: str
    namespace: str = ""
    """Empty: each manifest's own namespace stands, else `default`."""
    strategy: str = ""
    """Empty where no manifest of the target needs one."""
    depends_on: tuple[str, ...] = ()
    before: tuple[Pause, ...] = ()
    """All in parallel, once what the target depends on has succeeded."""
    after: tuple[Pause, ...] = ()
    """All in parallel, once the strategy has finished."""


class Manifest(Struct, frozen=True):
    """One source of objects: a path as written, or the text itself."""

    targets: tuple[str, ...]
    """Every target it goes to, written out even where the file leaves them out."""
    path: str = ""
    inline: str = ""
    line: int = 0
    """Where the path, or the inline text's first character, stands in the deployment file."""
    column: int = 0
    verbatim: bool = False
    """Whether the inline text's lines are the file's own, as below `|`."""


class Spec(Struct, frozen=True):
    application: str
    targets: dict[str, Target]
    manifests: tuple[Manifest, ...]
    strategies: dict[str, Strategy]
    description: str = ""
    context: dict[str, str] = {}
    timeout_seconds: int = DEFAULT_TIMEOUT_SECONDS
