"""Whatever is said in whatever order: the shell of the tests checks what must always hold after every message."""

from hypothesis import given
from hypothesis import strategies as st

from libs.analysis.machine import MACHINE
from libs.analysis.state import Phase, Run
from libs.analysis.verdict import mean
from libs.messages.analysis import AnalysisFailed, AnalysisPassed, CancelAnalysis
from libs.messages.message import Message, TimerFired
from tests.shell import Shell
from tests.unit.analysis.runs import answered, opened

MESSAGES = st.one_of(
    st.builds(opened, runs=st.integers(1, 3), aborts_early=st.booleans()),
    st.builds(TimerFired, name=st.sampled_from(["ask", "check"])),
    st.builds(
        answered,
        st.integers(1, 3),
        st.one_of(st.just("no data"), st.floats(0, 0.1)),
        st.one_of(st.just("no data"), st.floats(0, 300)),
        attempt=st.integers(1, 3),
    ),
    st.just(CancelAnalysis(run="strategy/2/0/prod")),
)


@given(st.lists(MESSAGES, max_size=40))
def test_any_order_keeps_what_always_holds(said: list[Message]) -> None:
    shell: Shell[Run] = Shell(MACHINE)
    for message in said:
        had_ended = shell.has_ended
        told = shell.tell(message)
        assert not had_ended or all(isinstance(one, AnalysisPassed | AnalysisFailed) for one in told)


@given(st.lists(st.floats(0, 0.1), min_size=3, max_size=3), st.data())
def test_repeats_change_no_verdict(values: list[float], data: st.DataObject) -> None:
    """Each timer and answer once or twice: the same state, and one outcome."""
    shell: Shell[Run] = Shell(MACHINE)
    shell.tell(opened())
    for number, value in enumerate(values, 1):
        for message in (TimerFired(name="ask"), answered(number, value, 100)):
            for _ in range(data.draw(st.integers(1, 2))):
                shell.tell(message)
    assert shell.state.phase is (Phase.PASSED if mean(values) <= 0.02 else Phase.FAILED)
    assert sum(isinstance(one, AnalysisPassed | AnalysisFailed) for one in shell.said) == 1
