"""Settings: where they come from, and what a person is told about a wrong one."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

from libs.runtime.secret import Secret
from libs.runtime.settings import ProcessSettings, WrongSettings, load, read


class Settings(Struct, frozen=True, kw_only=True):
    """Settings of a process for tests."""

    process: ProcessSettings = ProcessSettings()
    planner_limit: Annotated[int, Meta(description="how many", ge=1, le=9)] = 3
    planner_name: Annotated[str, Meta(description="what it is called")]
    planner_hosts: Annotated[tuple[str, ...], Meta(description="who may be called")] = ()
    planner_is_eager: Annotated[bool, Meta(description="whether it hurries")] = False
    planner_password: Annotated[Secret | None, Meta(description="what nobody sees")] = None
    planner_folder: Annotated[Path | None, Meta(description="where it works")] = None


GIVEN = {"FAIRLEAD_PLANNER_NAME": "p"}


def problems(environ: dict[str, str], file: dict[str, Any] | None = None) -> tuple[str, ...]:
    with pytest.raises(WrongSettings) as wrong:
        read(Settings, environ, file or {})
    return wrong.value.problems


def test_defaults_hold_where_nothing_is_given() -> None:
    assert read(Settings, GIVEN, {}) == Settings(planner_name="p")


def test_text_is_converted_to_each_type() -> None:
    environ = GIVEN | {
        "FAIRLEAD_PLANNER_LIMIT": "9",
        "FAIRLEAD_PLANNER_HOSTS": "a.example, b.example",
        "FAIRLEAD_PLANNER_IS_EAGER": "true",
        "FAIRLEAD_PLANNER_FOLDER": "/srv",
        "FAIRLEAD_PLANNER_PASSWORD": "hush",
        "FAIRLEAD_LOG_LEVEL": "debug",
    }
    assert read(Settings, environ, {}) == Settings(
        process=ProcessSettings(log_level="debug"),
        planner_name="p",
        planner_limit=9,
        planner_hosts=("a.example", "b.example"),
        planner_is_eager=True,
        planner_folder=Path("/srv"),
        planner_password=Secret("hush"),
    )


def test_variables_outrank_the_file() -> None:
    settings = read(Settings, GIVEN, {"planner_name": "f", "planner_limit": 7})
    assert (settings.planner_name, settings.planner_limit) == ("p", 7)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("PLANNER_LIMIT", "many", "expected whole number, at least 1, at most 9, got 'many' from the environment"),
        ("PLANNER_LIMIT", "10", "expected whole number, at least 1, at most 9, got '10' from the environment"),
        ("PLANNER_LIMIT", "", "expected whole number, at least 1, at most 9, got '' from the environment"),
        ("PLANNER_LIMIT", "2.5", "expected whole number, at least 1, at most 9, got '2.5' from the environment"),
        ("PLANNER_IS_EAGER", "maybe", "expected true|false, got 'maybe' from the environment"),
        ("PLANNER_FOLDER", "", "expected path, got '' from the environment"),
        ("LOG_FORMAT", "xml", "expected json|text, got 'xml' from the environment"),
        ("LOG_LEVEL", "loud", "expected debug|info|warning|error, got 'loud' from the environment"),
        ("PROFILE", "dev", "expected production|development, got 'dev' from the environment"),
        ("STOP_SECONDS", "0", "expected number, seconds, above 0, at most 600, got '0' from the environment"),
        ("STOP_SECONDS", "nan", "expected number, seconds, above 0, at most 600, got 'nan' from the environment"),
        ("HTTP_ADDRESS", "80", r"expected text, matching ^.+:\d{1,5}$, got '80' from the environment"),
        ("PLANNER_PASSWORD_FILE", "/none", "expected a file that can be read, got /none (No such file or directory)"),
        ("PLANNER_PASSWORD_FILE", "/", "expected a file that can be read, got / (Is a directory)"),
    ],
)
def test_wrong_value_names_what_was_expected(name: str, text: str, expected: str) -> None:
    setting = name.removesuffix("_FILE")
    assert problems(GIVEN | {f"FAIRLEAD_{name}": text}) == (f"FAIRLEAD_{setting}: {expected}",)


@pytest.mark.parametrize("value", ["3", 2.5, [3], True])
def test_file_values_are_not_converted(value: object) -> None:
    assert problems(GIVEN, {"planner_limit": value})[0].endswith(f"got {value!a} from the file")


def test_every_problem_is_told_at_once() -> None:
    assert len(problems({"FAIRLEAD_PLANNER_LIMIT": "x", "FAIRLEAD_LOG_LEVEL": "y", "FAIRLEAD_NOPE": "z"})) == 4


def test_missing_setting_says_what_it_is_for() -> None:
    assert problems({}) == ("FAIRLEAD_PLANNER_NAME: expected text (what it is called), but it is not set",)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [("PLANNER_LIMITS", "; did you mean FAIRLEAD_PLANNER_LIMIT?"), ("LOG_LEVL", "; did you mean FAIRLEAD_LOG_LEVEL?")],
)
def test_misspelling_is_refused_with_a_suggestion(name: str, suggestion: str) -> None:
    found = problems(GIVEN | {f"FAIRLEAD_{name}": "1"})
    assert found == (f"FAIRLEAD_{name}: not a setting (the environment){suggestion}",)


@pytest.mark.parametrize("name", ["EXECUTOR_ANYTHING", "TOKEN", "SERVER"])
def test_another_process_may_have_its_settings(name: str) -> None:
    assert read(Settings, GIVEN | {f"FAIRLEAD_{name}": "1"}, {}) == Settings(planner_name="p")


def test_unknown_name_in_the_file_is_refused() -> None:
    assert problems(GIVEN, {"limit": 1})[0].startswith("FAIRLEAD_LIMIT: not a setting (the file)")


def test_secret_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("hush\n")
    assert read(Settings, GIVEN | {"FAIRLEAD_PLANNER_PASSWORD_FILE": str(path)}, {}).planner_password == Secret("hush")


def test_secret_given_twice_is_refused() -> None:
    environ = GIVEN | {"FAIRLEAD_PLANNER_PASSWORD": "a", "FAIRLEAD_PLANNER_PASSWORD_FILE": "/b"}
    assert "given twice" in problems(environ)[0]


def test_only_secrets_are_read_from_files() -> None:
    assert "not a setting" in problems(GIVEN | {"FAIRLEAD_PLANNER_LIMIT_FILE": "/b"})[0]


def test_wrong_secret_is_not_repeated() -> None:
    assert "got a secret from the file" in problems(GIVEN, {"planner_password": 12345})[0]


def test_wrong_setting_ends_the_start_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        load(Settings, [], {"FAIRLEAD_PLANNER_NAME": "p", "FAIRLEAD_PLANNER_LIMIT": "x"})
    assert (end.value.code, capsys.readouterr().err.splitlines()[0][:23]) == (2, "FAIRLEAD_PLANNER_LIMIT:")


@pytest.mark.parametrize(
    ("content", "expected"), [("planner_name =", "expected TOML"), ("planner_limit = 3.5", "got 3.5 from the file")]
)
def test_wrong_file_ends_the_start_with_2(
    content: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(content)
    with pytest.raises(SystemExit) as end:
        load(Settings, ["--config", str(path)], GIVEN)
    assert end.value.code == 2
    assert expected in capsys.readouterr().err


def test_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('planner_name = "f"\nplanner_hosts = ["a"]\nlog_format = "text"\n')
    settings = load(Settings, ["--config", str(path)], {})
    assert (settings.planner_name, settings.planner_hosts, settings.process.log_format) == ("f", ("a",), "text")


def test_help_lists_type_unit_default_and_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        load(Settings, ["--help"], {})
    shown = capsys.readouterr().out
    assert end.value.code == 0
    assert "FAIRLEAD_STOP_SECONDS  number, seconds, above 0, at most 600; default 20.0" in shown
    assert "FAIRLEAD_PLANNER_NAME  text; required\n      what it is called" in shown
    assert "FAIRLEAD_PLANNER_PASSWORD_FILE names a file" in shown


def test_one_name_cannot_mean_two_things() -> None:
    class Other(Struct, frozen=True):
        log_level: int = 3

    class Both(Struct, frozen=True):
        process: ProcessSettings = ProcessSettings()
        other: Other = Other()

    with pytest.raises(AssertionError, match="log_level is declared twice"):
        read(Both, {}, {})


def test_identity_lists_its_settings() -> None:
    shown = subprocess.run([sys.executable, "-m", "services.identity", "--help"], capture_output=True, check=True)
    assert b"FAIRLEAD_IDENTITY_TOKEN_SECONDS  whole number, seconds" in shown.stdout
