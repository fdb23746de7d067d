from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools.kubernetes import programs, recipe
from tools.kubernetes.audit import AuditLog
from tools.kubernetes.recipe import PROGRAMS, Missing, stamps

NAMES = [program.name for program in PROGRAMS]


@pytest.fixture(autouse=True)
def _nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without Go, without a cache, on which nothing was set."""
    monkeypatch.delenv(programs.ASSETS, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()


def put(folder: Path, names: list[str], text: str = "#!/bin/sh\n") -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


GO = """#!/bin/sh
echo "$@" >>"$(dirname "$0")/asked"
case "$1" in
  list) echo v1.36.3 ;;
  build) [ -z "$FAILS" ] || { echo "no room left" >&2; exit 1; }
    while [ "$1" != -o ]; do shift; done; echo built >"$2"; /bin/chmod 755 "$2" ;;
esac
"""


@pytest.fixture
def go(tmp_path: Path) -> Path:
    """A compiler that only says what it was asked for."""
    bin_ = put(tmp_path / "bin", ["go"], GO)
    (bin_ / "dirname").symlink_to("/usr/bin/dirname")
    return bin_ / "asked"


def test_missing_go_is_told() -> None:
    with pytest.raises(Missing, match=r"no go on the PATH .* KUBEBUILDER_ASSETS"):
        programs.find()
    assert not programs.can_be_had()


def test_lent_programs_are_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lent = put(tmp_path / "lent", NAMES)
    monkeypatch.setenv(programs.ASSETS, str(lent))
    assert programs.find() == lent


def test_lent_programs_must_be_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(programs.ASSETS, str(put(tmp_path / "lent", ["etcd", "kube-apiserver"])))
    with pytest.raises(Missing, match="has no kube-controller-manager, kube-scheduler, kwok"):
        programs.find()


def test_programs_are_built_once(go: Path) -> None:
    built = programs.find()
    assert programs.lacking(built) == ()
    asked = go.read_text()
    assert programs.find() == built
    assert go.read_text() == asked
    assert asked.count("build ") == len(PROGRAMS)


def test_two_build_it_once(go: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = [future.result() for future in [pool.submit(programs.find) for _ in range(2)]]
    assert first == second
    assert go.read_text().count("build ") == len(PROGRAMS)


def test_failed_build_leaves_nothing(go: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAILS", "yes")
    with pytest.raises(Missing, match="no room left"):
        programs.find()
    assert [one.suffix for one in (tmp_path / "cache/fairlead/kubernetes").iterdir()] == [".lock"]


def test_version_names_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = recipe.fingerprint()
    for name in ("go.mod", "go.sum", "recipe.py"):
        (tmp_path / name).write_bytes((recipe.MODULE / name).read_bytes())
    (tmp_path / "go.mod").write_text((recipe.MODULE / "go.mod").read_text().replace("v1.36.3", "v1.36.4"))
    monkeypatch.setattr(recipe, "MODULE", tmp_path)
    assert recipe.fingerprint() != before


def test_version_is_stamped() -> None:
    (apiserver,) = (program for program in PROGRAMS if program.name == "kube-apiserver")
    written = stamps(apiserver, "v1.36.3")
    assert "-X k8s.io/component-base/version.gitVersion=v1.36.3" in written
    assert "-X k8s.io/client-go/pkg/version.gitMinor=36" in written


LINES = """\
{"verb":"get","requestURI":"/api/v1/pods","user":{"username":"early"}}
{"stage":"ResponseComplete","verb":"watch","requestURI":"/a","user":{"username":"ann"},"responseStatus":{"code":200}}
{"stage":"ResponseStarted","verb":"watch","requestURI":"/b","user":{"username":"ann"},"responseStatus":{"code":200}}
{"stage":"ResponseComplete","verb":"watch","requestURI":"/b","user":{"username":"ann"},"responseStatus":{"code":200}}
{"stage":"ResponseComplete","verb":"watch","requestURI":"/c","user":{"username":"ann"},"responseStatus":{"code":403}}
{"verb":"get","requestURI":"/api/v1/pods","user":{"username":"bob"}}
{"verb":"patch","requestURI":"/x?dryRun=All","user":{"username":"ann"},"responseStatus":{"code":201},\
"objectRef":{"apiGroup":"apps","resource":"deployments","subresource":"scale","namespace":"shop","name":"web"}}
{"verb":"de"""


def test_audit_counts_each_request_once(tmp_path: Path) -> None:
    early, *rest = LINES.splitlines(keepends=True)
    path = tmp_path / "audit.log"
    path.write_text(early)
    log = AuditLog(path)
    with path.open("a") as file:
        file.write("".join(rest))
    watch, refused, patch = log.requests("ann")
    assert (watch.uri, watch.is_write) == ("/b", False), "one that began, and not the end of an earlier one"
    assert (refused.uri, refused.status) == ("/c", 403)
    assert (patch.is_write, patch.is_rehearsal, patch.status) == (True, True, 201)
    assert (patch.group, patch.resource, patch.namespace, patch.name) == ("apps", "deployments/scale", "shop", "web")
    assert log.requests("early") == []


def test_usage_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    from tools.kubernetes.__main__ import main

    assert main(["down"]) == 2
    assert "usage" in capsys.readouterr().err
