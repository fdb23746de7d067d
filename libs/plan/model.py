"""The plan: the compiled, immutable whole of a deployment, and the vocabulary of its steps."""

from msgspec import Struct

from libs.spec.model import Analysis as Analysis
from libs.spec.model import Approval as Approval
from libs.spec.model import ExposeServices as ExposeServices
from libs.spec.model import Gate as Gate
from libs.spec.model import Pause as Pause
from libs.spec.model import Query, Webhook
from libs.spec.model import RunWebhook as RunWebhook
from libs.spec.model import ServicePair as ServicePair
from libs.spec.model import SetWeight as SetWeight


class ApplyManifests(Struct, frozen=True, tag_field="step", tag="applyManifests"):
    """Bring every object that is not a Deployment; always the first step."""


class DeployGreen(Struct, frozen=True, tag_field="step", tag="deployGreen"):
    """Bring the new version up whole, without users' traffic."""


class AwaitGates(Struct, frozen=True, tag_field="step", tag="awaitGates"):
    """Pass all gates of a list of the file, in parallel."""

    name: str
    """`redirectTrafficAfter` or `shutDownOldVersionAfter`."""
    gates: tuple[Gate, ...]


class RedirectTraffic(Struct, frozen=True, tag_field="step", tag="redirectTraffic"):
    """Point the active services to the new version."""


class ShutDownOld(Struct, frozen=True, tag_field="step", tag="shutDownOld"):
    """Scale the old version to nothing; it is deleted when the deployment has ended well."""


Step = ApplyManifests | SetWeight | Gate | DeployGreen | AwaitGates | RedirectTraffic | ShutDownOld


class Definitions(Struct, frozen=True, omit_defaults=True):
    """What the gates of a plan name. Kept once for all targets, in the object store: texts are large."""

    webhooks: dict[str, Webhook] = {}
    queries: dict[str, Query] = {}
    default_provider: str = ""
    context: dict[str, str] = {}
    """The file's, with the request's over it; a gate's own goes over both."""


class TargetPlan(Struct, frozen=True):
    """One target: where, after what, and the steps to walk."""

    name: str
    agent: str
    namespace: str
    """Empty where each manifest's own namespace stands."""
    depends_on: tuple[str, ...]
    before: tuple[Gate, ...]
    steps: tuple[Step, ...]
    after: tuple[Gate, ...]
    manifests: str
    """Digest of the target's objects in the object store."""
    timeout_seconds: int
    definitions: str = ""
    """Digest of the plan's `Definitions` in the object store; empty where no gate needs any."""
    services: tuple[ServicePair, ...] = ()
    """What blue/green moves traffic with."""
    keeps_deployment: bool = False


class Plan(Struct, frozen=True):
    """All targets in the file's order."""

    application: str
    targets: tuple[TargetPlan, ...]
