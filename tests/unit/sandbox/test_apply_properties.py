from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.objects.apply import Applied
from sandbox.objects.kinds import CONFIG_MAP
from sandbox.objects.ownership import recorded
from tests.unit.sandbox.objects import Object, a_config_map
from tests.unit.sandbox.test_apply import EMPTY, attempt

KEYS = st.sampled_from(["a", "b", "c"])
WISHES = st.lists(
    st.tuples(st.sampled_from(["one", "two"]), st.dictionaries(KEYS, st.sampled_from(["1", "2"])), st.booleans()),
    max_size=6,
)


class Model:
    """Server-side apply in a few lines: a value for each key, and who owns it."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.owners: dict[str, set[str]] = {}

    def conflicts(self, author: str, wish: dict[str, str]) -> set[str]:
        return {key for key, value in wish.items() if self.values.get(key) != value and self._others(author, key)}

    def apply(self, author: str, wish: dict[str, str]) -> None:
        for key in list(self.values):
            if key not in wish and author in self.owners[key]:
                self.owners[key].discard(author)
                if not self.owners[key]:
                    del self.values[key]
        for key, value in wish.items():
            same = self.values.get(key) == value
            self.owners[key] = {author} | (self.owners.get(key, set()) if same else set())
            self.values[key] = value

    def _others(self, author: str, key: str) -> set[str]:
        return self.owners.get(key, set()) - {author} if key in self.values else set()


@settings(deadline=None)
@given(WISHES)
def test_apply_agrees_with_a_small_model(wishes: list[tuple[str, dict[str, str], bool]]) -> None:
    live: Object = EMPTY
    model = Model()
    for author, wish, force in wishes:
        result = attempt(CONFIG_MAP, live, a_config_map(**wish), author, force=force)
        disputed = model.conflicts(author, wish)
        assert isinstance(result, Applied) == (force or not disputed)
        if isinstance(result, Applied):
            live = recorded(result.value, result.shares)
            model.apply(author, wish)
        assert (live.get("data") or {}) == model.values


@settings(deadline=None)
@given(WISHES)
def test_repeated_apply_changes_nothing(wishes: list[tuple[str, dict[str, str], bool]]) -> None:
    live: Object = EMPTY
    for author, wish, _ in wishes:
        once = attempt(CONFIG_MAP, live, a_config_map(**wish), author, force=True)
        assert isinstance(once, Applied)
        live = recorded(once.value, once.shares)
        twice = attempt(CONFIG_MAP, live, a_config_map(**wish), author)
        assert isinstance(twice, Applied)
        assert recorded(twice.value, twice.shares) == live
