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


class RunWebhook(Struct, frozen=True, omit_defaults=True, tag_field="step", tag="runWebhook"):
    """Call a webhook, and wait for its callback unless it wants none."""

    name: str
    context: dict[str, str] = {}


class Analysis(Struct, frozen=True, omit_defaults=True, tag_field="step", tag="analysis"):
    """Ask each query `runs` times, once an interval, and judge the mean of its values by its limits."""

    queries: tuple[str, ...]
    interval_seconds: int
    runs: int
    provider: str = ""
    """Empty: the query's own, else the file's default."""
    lookback: str = "sliding"
    """`sliding`: every run covers the last interval; `growing`: all the time since the first run began."""
    aborts_early: bool = False
    """Whether the first value outside its limits fails the step."""
    asks_when_failed: bool = False
    """Whether a person decides what a failed judgment means; else it fails the step."""
    asks_when_passed: bool = False
    context: dict[str, str] = {}


class ExposeServices(Struct, frozen=True, tag_field="step", tag="exposeServices"):
    """Give each service a temporary public address."""

    services: tuple[str, ...]
    ttl_seconds: int = 300


Gate = Pause | RunWebhook | Analysis
"""What must be passed before something goes on; those of one list run in parallel."""

CanaryStep = SetWeight | Gate | ExposeServices


class Canary(Struct, frozen=True, tag_field="kind", tag="canary"):
    """Steps in order; a last weight of 100 is implied."""

    steps: tuple[CanaryStep, ...]


class BlueGreen(Struct, frozen=True, tag_field="kind", tag="blueGreen"):
    """The new version whole beside the old one; traffic moves at once."""

    redirect_after: tuple[Gate | ExposeServices, ...] = ()
    """All of these, in parallel, before the active service points to the new version."""
    shut_down_after: tuple[Gate | ExposeServices, ...] = ()
    """All of these, in parallel, before the old version is shut down."""
    active_service: str = ""
    """The older place for what stands under `trafficManagement`; empty where it is there."""
    preview_service: str = ""


Strategy = Canary | BlueGreen


class Header(Struct, frozen=True):
    """Both are templates."""

    key: str
    value: str


class Webhook(Struct, frozen=True, omit_defaults=True):
    """How to call out. Texts are templates."""

    uri: str
    method: str = "POST"
    headers: tuple[Header, ...] = ()
    body: str | None = None
    through_agent: bool = False
    agent: str = ""
    """Empty: the target's own agent."""
    retries: int = 0
    calls_back: bool = True
    """Whether the step waits for the called one to say how it went."""


class Query(Struct, frozen=True, omit_defaults=True):
    """One number asked of a metric provider, and what it may be."""

    template: str
    provider: str = ""
    upper: float | None = None
    lower: float | None = None


class ServicePair(Struct, frozen=True):
    """The services of a blue/green target."""

    active: str
    preview: str = ""


class SmiSplit(Struct, frozen=True):
    root_service: str
    canary_service: str = ""
    split: str = ""


class IstioRoute(Struct, frozen=True):
    virtual_service: str
    route: str = ""
    destination_rule: str = ""
    active_subset: str = ""
    canary_subset: str = ""


class Traffic(Struct, frozen=True):
    """One item of `trafficManagement`."""

    targets: tuple[str, ...]
    """Every target it is for, written out."""
    kubernetes: tuple[ServicePair, ...] = ()
    smi: tuple[SmiSplit, ...] = ()
    istio: tuple[IstioRoute, ...] = ()


class Target(Struct, frozen=True):
    account: str
    namespace: str = ""
    """Empty: each manifest's own namespace stands, else `default`."""
    strategy: str = ""
    """Empty where no manifest of the target needs one."""
    depends_on: tuple[str, ...] = ()
    before: tuple[Gate, ...] = ()
    """All in parallel, once what the target depends on has succeeded."""
    after: tuple[Gate, ...] = ()
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
    keeps_deployment: bool = False
    """Whether a Deployment object exists again when the release is over, owning the new version."""
    when_in_progress: str = "reject"
    """`reject`, or `enqueueOne`: wait for the deployment under way, in the one place that there is to wait."""
    webhooks: dict[str, Webhook] = {}
    queries: dict[str, Query] = {}
    default_provider: str = ""
    traffic: tuple[Traffic, ...] = ()
