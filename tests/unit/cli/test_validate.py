"""What `fairlead validate` says of a file, and the code that a script reads."""

from pathlib import Path

import pytest

from cli.app import run
from tests.unit.spec.files import a_file, with_steps

MANIFEST = '[{inline: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"}]'
GOOD = a_file(manifests=MANIFEST)
CASES = {
    "valid": (GOOD, 0, "deploy.yml is valid\n", ""),
    "not valid": (GOOD + "tagets: {}", 2, "deploy.yml is not valid\n", "deploy.yml:5:1: tagets: is not known here"),
    "short timeout": (
        GOOD + "deploymentConfig: {timeout: {duration: 30, unit: seconds}}",
        0,
        "deploy.yml is valid\n",
        "deploy.yml:5:29: deploymentConfig.timeout: warning: is 30 seconds; at least 60 are needed (write 1 minute",
    ),
    "not run": (
        with_steps("exposeServices: {services: [shop]}").replace("[{path: k8s/}]", MANIFEST),
        0,
        "deploy.yml is valid, but this release does not run all of it: its start will be refused\n",
        "deploy.yml:8:9: strategies.careful.canary.steps[0].exposeServices: warning: services are not exposed",
    ),
}


@pytest.mark.feature("F54")
@pytest.mark.parametrize(("text", "code", "out", "err"), CASES.values(), ids=CASES)
def test_verdict_and_problems_are_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    code: int,
    out: str,
    err: str,
) -> None:
    (tmp_path / "deploy.yml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert run(["validate", "-f", "deploy.yml"]) == code
    said = capsys.readouterr()
    assert said.out == out
    assert said.err.startswith(err)


@pytest.mark.feature("F54", "F156")
@pytest.mark.parametrize("command", ["validate", "plan"])
def test_given_account_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    (tmp_path / "deploy.yml").write_text(a_file(targets="{qa: {strategy: careful}}", manifests=MANIFEST))
    monkeypatch.chdir(tmp_path)
    assert [run([command, "-f", "deploy.yml", *more]) for more in ([], ["--account", "lent"])] == [2, 0]
