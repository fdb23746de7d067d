"""What hypothesis draws deployment files' normal forms from: every kind of step, wherever it may stand."""

from hypothesis import strategies as st

from libs.spec.model import (
    Analysis,
    Approval,
    BlueGreen,
    Canary,
    CanaryStep,
    ExposeServices,
    Gate,
    Header,
    IstioRoute,
    Manifest,
    Pause,
    Query,
    RunWebhook,
    ServicePair,
    SetWeight,
    SmiSplit,
    Spec,
    Strategy,
    Target,
    Traffic,
    Webhook,
)

NAMES = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=12).filter(
    lambda name: name.strip() == name and "{" not in name
)
SECONDS = st.integers(1, 8000)
CONTEXTS = st.dictionaries(NAMES, NAMES, max_size=2)
SERVICES = st.sampled_from(["shop", "shop-canary", "a1"])
PAUSES = st.one_of(
    st.builds(Pause, seconds=SECONDS),
    st.builds(
        Pause,
        approval=st.builds(
            Approval,
            roles=st.lists(NAMES, max_size=2, unique=True).map(tuple),
            expires_seconds=st.none() | SECONDS,
        ),
    ),
)
WEBHOOKS = st.builds(
    Webhook,
    uri=st.sampled_from(["https://ci.test/{{context.x}}", "{{secrets.chat-url}}", "http{{context.s}}://a"]),
    method=st.sampled_from(["GET", "POST", "PATCH"]),
    headers=st.lists(st.builds(Header, st.just("X-{{armory.namespace}}"), NAMES), max_size=2).map(tuple),
    body=st.none() | NAMES,
    through_agent=st.just(True),
    agent=st.just("") | NAMES,
    retries=st.integers(0, 20),
    calls_back=st.booleans(),
)
PAIRS = st.sampled_from([ServicePair("shop"), ServicePair("shop", "shop-next"), ServicePair("a")])
TRAFFIC = st.builds(
    Traffic,
    targets=st.just(()),
    kubernetes=st.lists(PAIRS, max_size=2).map(tuple),
    smi=st.lists(st.builds(SmiSplit, SERVICES, st.just("") | SERVICES, st.just("") | SERVICES), max_size=2).map(tuple),
    istio=st.lists(st.builds(IstioRoute, SERVICES, st.just("") | NAMES, st.just("") | SERVICES), max_size=2).map(tuple),
)


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Limits in their order, at least one of them."""
    limits = sorted(draw(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=2)))
    lower, upper = limits if len(limits) == 2 else draw(st.permutations([limits[0], None]))
    return Query(template=draw(NAMES), provider=draw(st.just("") | NAMES), upper=upper, lower=lower)


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """Targets depend only on earlier ones, so that no cycle can be drawn."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    webhooks = draw(st.dictionaries(NAMES, WEBHOOKS, max_size=2))
    asked = draw(st.dictionaries(NAMES, queries(), max_size=2))
    gates = _gates(webhooks, asked)
    strategies = draw(st.dictionaries(NAMES, _strategies(gates), max_size=3))
    targets = {name: draw(_target(names[:index], [*strategies, ""], gates)) for index, name in enumerate(names)}
    traffic = tuple(Traffic(tuple(names), one.kubernetes, one.smi, one.istio) for one in draw(st.lists(TRAFFIC)))
    return Spec(
        application=draw(NAMES),
        description=draw(NAMES),
        context=draw(CONTEXTS),
        timeout_seconds=draw(st.integers(60, 100_000)),
        keeps_deployment=draw(st.booleans()),
        when_in_progress=draw(st.sampled_from(["reject", "enqueueOne"])),
        targets=targets,
        manifests=(Manifest(tuple(names), path="k8s/"), Manifest((names[0],), inline=draw(NAMES))),
        strategies=strategies,
        webhooks=webhooks,
        queries=asked,
        default_provider=draw(NAMES),
        traffic=traffic,
    )


def _gates(webhooks: dict[str, Webhook], asked: dict[str, Query]) -> st.SearchStrategy[Gate]:
    calls = st.builds(RunWebhook, st.sampled_from(list(webhooks)), CONTEXTS) if webhooks else PAUSES
    return st.one_of(PAUSES, calls, _analyses(list(asked)) if asked else PAUSES)


def _analyses(names: list[str]) -> st.SearchStrategy[Analysis]:
    return st.builds(
        Analysis,
        queries=st.lists(st.sampled_from(names), min_size=1, max_size=2).map(tuple),
        interval_seconds=SECONDS,
        runs=st.integers(1, 1000),
        provider=st.just("") | NAMES,
        lookback=st.sampled_from(["growing", "sliding"]),
        aborts_early=st.booleans(),
        asks_when_failed=st.booleans(),
        asks_when_passed=st.booleans(),
        context=CONTEXTS,
    )


def _strategies(gates: st.SearchStrategy[Gate]) -> st.SearchStrategy[Strategy]:
    shown = st.lists(SERVICES, min_size=1, max_size=2).map(tuple)
    gated = gates | st.builds(ExposeServices, services=shown, ttl_seconds=st.integers(60, 86_400))
    steps: st.SearchStrategy[CanaryStep] = gated | st.builds(SetWeight, st.integers(0, 100))
    listed = st.lists(gated, max_size=2).map(tuple)
    preview = st.sampled_from(["", "web-next"])
    canaries = st.builds(Canary, st.lists(steps, max_size=4).map(tuple))
    return canaries | st.builds(BlueGreen, listed, listed, st.just("web"), preview)


def _target(earlier: list[str], strategies: list[str], gates: st.SearchStrategy[Gate]) -> st.SearchStrategy[Target]:
    return st.builds(
        Target,
        account=NAMES,
        namespace=st.sampled_from(["", "shop", "a-1"]),
        strategy=st.sampled_from(strategies),
        depends_on=st.lists(st.sampled_from(earlier), unique=True).map(tuple) if earlier else st.just(()),
        before=st.lists(gates, max_size=2).map(tuple),
        after=st.lists(gates, max_size=2).map(tuple),
    )
