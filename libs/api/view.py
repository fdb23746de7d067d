"""What clients get: a deployment as people look at it, lists of them, agents, and who is asking."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from libs.api.file_problem import FileProblem
from libs.messages.live import LiveWorkload

ENDED = frozenset({"succeeded", "failed", "cancelled"})
"""The phases in which nothing more happens to a deployment."""


class Links(Struct, frozen=True):
    self: str
    events: str


class Accepted(Struct, frozen=True, rename="camel"):
    """The answer to a start: it is kept, whatever happens next."""

    id: str
    application: str
    links: Links
    warnings: tuple[str, ...] = ()
    phase: str = "accepted"
    """`queued` where it waits for another deployment of its application to end."""
    behind: str = ""
    """The deployment that it waits for."""


class Validated(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What a server thinks of a file that nobody asked it to deploy."""

    valid: bool
    application: str = ""
    problems: tuple[FileProblem, ...] = ()


class SeriesView(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One query of an analysis: what it answered so far, and what of that is judged."""

    query: str
    values: tuple[float, ...] = ()
    """The newest ten, the last one last."""
    mean: float | None = None
    """Of all its values: that is what is judged in the end."""
    within: bool | None = None
    """Whether the mean is within the limits now."""
    upper: float | None = None
    lower: float | None = None


class MeasuredView(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """How far an analysis is."""

    done: int
    """How many runs have their values."""
    runs: int
    series: tuple[SeriesView, ...] = ()
    """Of the first twenty queries."""
    hindrance: str = ""
    """Why the present run has no value yet."""


class StepView(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One step of a strategy, or one gate: before a target, after it, or in a step that holds several."""

    kind: str
    """`applyManifests`, `setWeight`, `deployGreen`, `redirectTraffic`, `shutDownOld`; of gates `pause`, `approval`,
    `runWebhook`, `analysis`; of lists of gates `redirectTrafficAfter`, `shutDownOldVersionAfter`."""
    state: str
    """`pending`, `current`, `done`, `failed` or `skipped`."""
    weight: int | None = None
    seconds: int | None = None
    """How long a pause lasts, or until an approval expires."""
    roles: tuple[str, ...] = ()
    """Whose approval counts; empty: anyone who may act on the deployment."""
    name: str = ""
    """The webhook's, or those of the queries."""
    waits_for: str = ""
    """For the current step, in words."""
    until: datetime | None = None
    """When the current step ends by itself: time has passed, an approval has expired, or the cluster was too slow."""
    asks: bool = False
    """Whether it waits for a person now."""
    message: str = ""
    """What came of a gate: what a webhook said, what an analysis found, why it failed."""
    by: str = ""
    """Who let it go on, or did not."""
    measured: MeasuredView | None = None
    """Of an analysis that has begun."""
    gates: "tuple[StepView, ...]" = ()
    """Of a list of gates, which are passed in parallel."""


GATES = frozenset({"pause", "approval", "runWebhook", "analysis"})
"""The kinds that wait, rather than ask something of the cluster."""


class RolloutView(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """How far the strategy is on one target."""

    phase: str
    weight: int = 0
    hindrance: str = ""
    """Why it waits for the cluster."""
    reason: str = ""
    first: bool = False
    """There was no version before this one: weights, pauses and analyses mean nothing."""
    epoch: int = 0
    held_by: str = ""
    """Who holds it: no further step begins."""
    holds: int = 0
    """How often it was held."""


class LiveView(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What was last seen of a target's pods."""

    at: datetime
    workloads: tuple[LiveWorkload, ...] = ()
    agent_away_since: datetime | None = None


class TargetView(Struct, frozen=True, omit_defaults=True, rename="camel"):
    name: str
    agent: str
    phase: str
    namespace: str = ""
    reason: str = ""
    depends_on: tuple[str, ...] = ()
    before: tuple[StepView, ...] = ()
    steps: tuple[StepView, ...] = ()
    after: tuple[StepView, ...] = ()
    rollout: RolloutView | None = None
    live: LiveView | None = None


class Awaited(Struct, frozen=True, rename="camel"):
    """A decision that something waits for."""

    target: str
    stage: str
    """`before`, `after` or `strategy`."""
    step: int
    roles: tuple[str, ...] = ()
    kind: str = "approval"
    """`approval`; `judgment` where an analysis is judged and a person decides what that means."""
    gate: int = 0
    """Which of a step that holds several."""
    message: str = ""
    """What the analysis found."""


class DeploymentView(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Everything about one deployment. `revision` never goes back."""

    id: str
    application: str
    phase: str
    revision: int
    by: str
    started_at: datetime
    ended_at: datetime | None = None
    reason: str = ""
    targets: tuple[TargetView, ...] = ()
    awaiting: tuple[Awaited, ...] = ()
    description: str = ""
    context: dict[str, str] = {}
    """The file's, and what the request put in its place."""
    source_control: dict[str, Any] = {}
    behind: str = ""
    """The deployment that it waited for before it could begin."""
    redeploys: str = ""
    """The deployment whose file this is, where it was started again from there."""


class DeploymentSummary(Struct, frozen=True, omit_defaults=True, rename="camel"):
    id: str
    application: str
    phase: str
    revision: int
    by: str
    started_at: datetime
    ended_at: datetime | None = None
    reason: str = ""


class DeploymentList(Struct, frozen=True, rename="camel"):
    """Newest first."""

    deployments: tuple[DeploymentSummary, ...]
    revision: int
    cursor: str = ""
    """Gives the next page; empty: this was the last."""


class Decided(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The answer to an order: `done` when its effect is recorded, `sent` when that is still awaited."""

    id: str
    state: str
    event: str = ""
    """Address of the event that the order led to."""
    target: str = ""
    """Which one the order is about; empty: the whole deployment."""


class AgentView(Struct, frozen=True, omit_defaults=True, rename="camel"):
    name: str
    connected: bool
    since: datetime | None = None
    """When it connected."""
    version: str = ""
    connections: int = 0


class AgentList(Struct, frozen=True):
    agents: tuple[AgentView, ...]


class AgentCreated(Struct, frozen=True, rename="camel"):
    """The secret is shown this once."""

    name: str
    client_id: str
    client_secret: str


class AgentDeleted(Struct, frozen=True, rename="camel"):
    """Its credential gives no more tokens. `connected`: the one that it has counts until it expires."""

    name: str
    client_id: str
    connected: bool


class WhoAmI(Struct, frozen=True, rename="camel"):
    subject: str
    tenant: str
    roles: tuple[str, ...]


class EventView(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One fact of a deployment's history, as the event stream tells it."""

    type: str
    """Its address on the bus, `evt.<noun>.<past-verb>`."""
    at: datetime
    data: dict[str, object]
