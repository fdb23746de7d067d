"""Which change a deployment comes from, and the context that is given with it."""

import json
import subprocess
from pathlib import Path

import pytest

from cli.deploying import github, scm
from cli.deploying.pairs import pairs
from cli.exits import Exit, Stop
from cli.program import program

RUN = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.test",
    "GITHUB_REPOSITORY": "team/shop",
    "GITHUB_SHA": "abc",
    "GITHUB_RUN_ID": "7",
    "GITHUB_REF_NAME": "main",
}


@pytest.mark.feature("F164")
def test_github_says_which_change(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"title": "Faster", "html_url": "https://github.test/p/1"}}))
    found = scm.from_surroundings(RUN | {"GITHUB_EVENT_PATH": str(event)})
    assert found["shaUrl"] == "https://github.test/team/shop/commit/abc"
    assert (found["prTitle"], found["referenceName"], found["github"]["runId"]) == ("Faster", "main", "7")


@pytest.mark.feature("F164")
def test_git_says_which_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert scm.from_surroundings({}) == {}
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("-c", "user.name=ann", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"),
    ):
        subprocess.run(("git", *arguments), check=True, timeout=30)
    found = scm.from_surroundings({})
    assert (found["type"], found["referenceName"], found["principal"], len(found["sha"])) == ("git", "main", "ann", 40)


@pytest.mark.feature("F164")
def test_file_says_which_change(tmp_path: Path) -> None:
    file = tmp_path / "scm.yml"
    file.write_text("sha: abc\nprTitle: Faster\n")
    assert scm.from_file(file) == {"sha": "abc", "prTitle": "Faster"}


@pytest.mark.parametrize("text", ["colour: red", "- a", "{", "sha: [", ""])
def test_wrong_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "scm.yml"
    file.write_text(text)
    with pytest.raises(Stop) as stop:
        scm.from_file(file)
    assert stop.value.code == Exit.WRONG


def test_pairs_keep_commas_in_values() -> None:
    assert pairs(["a=1,b=2", "b=3,c=x=y,z"]) == {"a": "1", "b": "3", "c": "x=y,z"}


@pytest.mark.parametrize("text", ["a", "=1", ",", "a=1,=2", ""])
def test_wrong_pair_is_refused(text: str) -> None:
    with pytest.raises(Stop):
        pairs([text])


@pytest.mark.feature("F173")
def test_workflow_reads_what_came_of_it(tmp_path: Path) -> None:
    outputs, summary = tmp_path / "out", tmp_path / "summary"
    environ = {"GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)}
    github.tell("id-1", "http://here", environ=environ)
    github.tell("id-1", "http://here", "SUCCEEDED", environ)
    assert outputs.read_text().splitlines()[-3:] == ["DEPLOYMENT_ID=id-1", "LINK=http://here", "RUN_RESULT=SUCCEEDED"]
    assert "[id-1](http://here)" in summary.read_text()


@pytest.mark.parametrize(
    ("called", "shown"),
    [("fairlead", "fairlead"), (".venv/bin/fairlead", ".venv/bin/fairlead"), ("/x/cli/__main__.py", "fairlead")],
)
def test_hints_call_it_as_it_was(called: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [called])
    assert program() == shown
