"""Files as real users of the original write them, names and habits included: what is said, and where."""

from pathlib import Path

import msgspec
import pytest

from cli.app import run

FOLDER = Path(__file__).parent / "real"
SAID = {
    "argo-beside-deployments": [],
    "block-at-its-key": ["29:7 error syntax"],
    "braces-without-quotes": ["41:43 error syntax"],
    "lambda": ["2:7 error not_built"],
    "meshes": ["6:25 warning not_built", "9:5 warning not_built", "12:5 warning not_built"],
    "names-with-spaces": ["20:36 warning unknown_name"],
    "no-strategy": ["3:9 error missing_key"],
    "older-spellings": [
        "12:13 warning old_spelling",
        "13:13 warning old_spelling",
        "29:30 warning misplaced",
        "29:30 warning empty",
    ],
    "pair-in-two-items": ["10:11 warning not_built"],
    "templates-everywhere": [
        "4:8 warning unread_template",
        "13:51 error not_built",
        "14:8 warning rivals",
        "17:11 error not_built",
        "19:49 error missing_key",
        "19:64 error unknown_key",
        "20:1 error not_here",
    ],
    "unused-and-broken": [
        "10:31 warning out_of_range",
        *["12:11 warning missing_key"] * 3,
        "12:31 warning too_few",
        "14:5 warning wrong_type",
        "18:5 warning missing_key",
        "21:7 warning missing_key",
        "22:19 warning wrong_type",
    ],
    "webhooks-by-hand": ["29:15 warning not_json", "45:5 warning duplicate_name"],
    "wrong-indentation": [
        "10:5 error unknown_key",
        "13:15 error empty",
        "14:9 error unknown_key",
        "17:11 error empty",
        "18:3 error unknown_key",
        "19:3 error unknown_key",
        "22:5 error wrong_type",
    ],
}


def test_every_file_is_tried() -> None:
    assert sorted(path.stem for path in (FOLDER / "deploy").iterdir()) == sorted(SAID)


@pytest.mark.feature("F29", "F37", "F43", "F54")
@pytest.mark.parametrize("name", SAID)
def test_real_file_is_answered(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(FOLDER)
    code = run(["validate", "-f", f"deploy/{name}.yml", "-o", "json"])
    document = msgspec.json.decode(capsys.readouterr().out)
    said = [f"{one['line']}:{one['column']} {one['severity']} {one['code']}" for one in document["problems"]]
    assert said == SAID[name]
    assert (code, document["valid"]) == ((2, False) if " error " in " ".join(said) else (0, True))


@pytest.mark.parametrize("name", [name for name, said in SAID.items() if " error " not in " ".join(said)])
def test_real_file_has_a_plan(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(FOLDER)
    assert run(["plan", "-f", f"deploy/{name}.yml", "-o", "json"]) == 0
    assert msgspec.json.decode(capsys.readouterr().out)["targets"]
