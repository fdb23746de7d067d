"""What is done to a bus and a store: acts, drawn at random."""

from hypothesis import strategies as st
from msgspec import Struct

STATES = tuple(f"state.{{}}.rollout.1.d{number}.-" for number in range(3))
MESSAGES = ("cmd.{}.rollout.start.1.d0.-", "cmd.{}.rollout.start.1.d1.-", "evt.{}.rollout.started.1.d0.-")
TIMERS = tuple(f"{{}}.rollout.step.1.d{number}.-.1" for number in range(3))
FILTERS = (
    ("state.{}.>",),
    ("cmd.{}.>", "due.{}.>"),
    ("state.{}.rollout.1.d0.-", "evt.{}.>"),
    ("timer.{}.>",),
    ("*.{}.>",),
)
CONSUMED = ("cmd.{}.>", "due.{}.>")
KEYS = ("a", "b", "a.b")
REVISIONS = ("any", "none", "right", "stale")


class Message(Struct, frozen=True):
    """A write that is no timer. `compared`: with which of `REVISIONS`."""

    subject: str
    data: bytes
    id: str
    compared: str
    cancels: int | None


class Timer(Struct, frozen=True):
    number: int
    is_past: bool
    compared: str


class Commit(Struct, frozen=True):
    writes: tuple[Message | Timer, ...]


class Pull(Struct, frozen=True):
    """The next messages, at most so many."""

    most: int


class Acknowledge(Struct, frozen=True):
    """One of the messages in hand; by the one who held it before a takeover, where there was one."""

    number: int
    by_old_holder: bool


class Progress(Struct, frozen=True):
    number: int


class TakeOver(Struct, frozen=True):
    """Another process pulls from now on."""


class Put(Struct, frozen=True):
    key: str
    value: bytes
    compared: str


class Delete(Struct, frozen=True):
    key: str
    compared: str


class Look(Struct, frozen=True):
    """Everything there is to see in the buckets."""


class Read(Struct, frozen=True):
    """History, newest of each subject, and what a follower hears."""

    filters: tuple[str, ...]
    after: int


Act = Commit | Pull | Acknowledge | Progress | TakeOver | Put | Delete | Look | Read

_compared = st.sampled_from(("any", "any", *REVISIONS))
_messages = st.builds(
    Message,
    subject=st.sampled_from(STATES + MESSAGES),
    data=st.sampled_from((b"", b"1", b"2")),
    id=st.sampled_from(("", "", "", "p", "q")),
    compared=_compared,
    cancels=st.none() | st.integers(0, 2),
)
_timers = st.builds(Timer, number=st.integers(0, 2), is_past=st.booleans(), compared=_compared)


def _allowed(writes: list[Message | Timer]) -> bool:
    """Which of two that are due at once fires first is nobody's promise, and a batch arms each timer once."""
    timers = [write for write in writes if isinstance(write, Timer)]
    return sum(timer.is_past for timer in timers) < 2 and len({timer.number for timer in timers}) == len(timers)


_commits = st.builds(
    Commit, st.lists(_messages | _messages | _timers, min_size=1, max_size=5).filter(_allowed).map(tuple)
)
_acts = st.one_of(
    _commits,
    _commits,
    _commits,
    st.builds(Pull, st.integers(1, 4)),
    st.builds(Pull, st.integers(1, 4)),
    st.builds(Acknowledge, st.integers(0, 3), st.booleans()),
    st.builds(Acknowledge, st.integers(0, 3), st.booleans()),
    st.builds(Progress, st.integers(0, 3)),
    st.just(TakeOver()),
    st.builds(Put, st.sampled_from(KEYS), st.sampled_from((b"1", b"2")), st.sampled_from(REVISIONS)),
    st.builds(Delete, st.sampled_from(KEYS), st.sampled_from(REVISIONS)),
    st.just(Look()),
    st.builds(Read, st.sampled_from(FILTERS), st.integers(0, 8)),
)
LISTS = st.lists(_acts, min_size=5, max_size=40)
