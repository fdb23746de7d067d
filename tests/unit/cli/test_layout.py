"""The state folder of `fairlead up`, and what is said where it cannot be used."""

from pathlib import Path

import pytest

from cli.exits import Exit, Stop
from cli.local.layout import PORTS, Layout


def refused(layout: Layout) -> Stop:
    with pytest.raises(Stop) as stop, layout.taken():
        layout.ports()
    assert stop.value.code == Exit.FAILED
    return stop.value


def test_ports_stay_the_same(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "state")
    with layout.taken():
        first = layout.ports()
    assert set(first) == set(PORTS)
    with layout.taken():
        assert layout.ports() == first


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/nowhere/state"])
def test_unusable_folder_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    stop = refused(Layout(tmp_path / place))
    assert stop.message == f"the state folder {tmp_path / place} cannot be used"
    assert "FAIRLEAD_STATE_DIR" in stop.hints[-1]


@pytest.mark.parametrize("name", ["up.lock", "ports.json"])
def test_folder_in_place_of_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert refused(Layout(tmp_path)).hints[0].startswith(str(tmp_path / name))


@pytest.mark.parametrize("content", [b"not json", b"[]", b'{"http": "x"}', b'{"http": 65536}', b'{"\xff": 1}'])
def test_garbage_in_ports_names_its_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ports.json").write_bytes(content)
    stop = refused(Layout(tmp_path))
    assert stop.message.startswith(f"{tmp_path}/ports.json ")
    assert "delete it" in stop.hints[0]
