"""Where a manifest's path is looked for."""

import os
from pathlib import Path

import pytest

from cli.exits import Stop
from cli.files.submission import MOST_BYTES, candidates, read, search_path

FILE = """\
application: shop
targets:
  prod: {account: prod, strategy: all}
manifests:
  - path: {PATH}
strategies:
  all: {canary: {steps: [{setWeight: {weight: 100}}]}}
"""
MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment file in a folder of its own; the working directory is another."""
    (tmp_path / "release").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "release" / "deploy.yml"


def names(file: Path, path: str, environ: dict[str, str] | None = None) -> list[str]:
    file.write_text(FILE.replace("{PATH}", path))
    return [str(Path(name).resolve()) for name in read(str(file), environ=environ or {}).names[path]]


def a_manifest(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(MANIFEST % path.stem)
    return str(path.resolve())


def test_beside_the_file_comes_first(file: Path) -> None:
    a_manifest(Path("a.yml"))
    wanted = a_manifest(file.parent / "a.yml")
    assert names(file, "a.yml") == [wanted]


def test_working_directory_comes_second(file: Path) -> None:
    wanted = a_manifest(Path("a.yml"))
    assert names(file, "a.yml") == [wanted]


def test_workspace_comes_last(file: Path) -> None:
    workspace = file.parent.parent / "workspace"
    wanted = a_manifest(workspace / "a.yml")
    assert names(file, "a.yml", {"GITHUB_WORKSPACE": str(workspace)}) == [wanted]


def test_leading_slash_means_workspace(file: Path) -> None:
    workspace = file.parent.parent / "workspace"
    wanted = a_manifest(workspace / "k" / "a.yml")
    assert names(file, "/k/a.yml", {"GITHUB_WORKSPACE": str(workspace)}) == [wanted]


@pytest.mark.feature("F43")
def test_folder_is_read_in_order(file: Path) -> None:
    in_order = ["B.yml", "a/deep/x.yml", "a/y.yaml", "a-b.yml", "a.yml", "b/c.yaml", "z.yml"]
    written = {name: a_manifest(file.parent / "k" / name) for name in reversed(in_order)}
    (file.parent / "k" / "notes.txt").write_text("not a manifest")
    assert names(file, "k") == [written[name] for name in in_order]


@pytest.mark.feature("F43")
@pytest.mark.parametrize(
    ("written", "there"),
    [
        ("manifests/x.yml", "release/manifests/x.yml"),
        ("./manifests/x", "release/manifests/x/a.yml"),
        ("manifests/x/", "release/manifests/x/a.yml"),
        ("../reset/x.yml", "reset/x.yml"),
        ("../reset/", "reset/deep/x.yaml"),
        ("/manifests/x.yml", "release/manifests/x.yml"),
        ("my manifests/x (eu).yml", "release/my manifests/x (eu).yml"),
    ],
)
def test_path_is_found_as_people_write_it(file: Path, written: str, there: str) -> None:
    wanted = a_manifest(file.parent.parent / there)
    assert names(file, written) == [wanted]


@pytest.mark.feature("F43")
def test_file_holds_several_documents(file: Path) -> None:
    several = Path(a_manifest(file.parent / "a.yml"))
    several.write_text(f"{MANIFEST % 'a'}---\n{MANIFEST % 'b'}")
    file.write_text(FILE.replace("{PATH}", "a.yml"))
    read_ = read(str(file), environ={})
    assert (read_.is_valid, len(read_.files["a.yml"])) == (True, 1)


def test_missing_lists_every_place(file: Path) -> None:
    (file.parent / "empty").mkdir()
    file.write_text(FILE.replace("{PATH}", "a.yml\n  - path: empty/\n  - path: ../b"))
    folder = file.parent
    assert [one.text("deploy.yml") for one in read(str(file), environ={}).problems] == [
        f"deploy.yml:5:11: manifests[0].path: there is no file or folder a.yml (tried {folder}/a.yml, a.yml)",
        f"deploy.yml:6:11: manifests[1].path: the folder {folder}/empty has no file that ends in .yaml or .yml",
        f"deploy.yml:7:11: manifests[2].path: there is no file or folder ../b (tried {folder}/../b, ../b)",
    ]


def test_url_is_refused_by_name(file: Path) -> None:
    file.write_text(FILE.replace("{PATH}", "https://example.com/a.yml"))
    assert [one.code for one in read(str(file), environ={}).problems] == ["not_built"]


def a_fifo(path: Path) -> str:
    os.mkfifo(path)
    return str(path)


def test_special_file_is_not_opened(tmp_path: Path) -> None:
    for name in ("/dev/zero", a_fifo(tmp_path / "pipe")):
        with pytest.raises(Stop, match="is not a regular file"):
            read(name, environ={})


def test_every_special_manifest_is_told_and_none_opened(file: Path) -> None:
    pipe = a_fifo(file.parent / "pipe")
    file.write_text(FILE.replace("{PATH}", "/dev/zero\n  - path: pipe"))
    assert [one.text("deploy.yml") for one in read(str(file), environ={}).problems] == [
        "deploy.yml:5:11: manifests[0].path: /dev/zero is not a regular file (name a file or folder of YAML)",
        f"deploy.yml:6:11: manifests[1].path: {pipe} is not a regular file (name a file or folder of YAML)",
    ]


def test_large_file_is_refused(file: Path) -> None:
    with file.open("wb") as sparse:
        sparse.truncate(MOST_BYTES + 1)
    with pytest.raises(Stop, match="is larger than"):
        read(str(file), environ={})


@pytest.mark.parametrize("path", ["k", "k/a.yml\n  - path: k/b.yml"])
def test_manifests_are_bounded_together(file: Path, path: str) -> None:
    for name in ("a.yml", "b.yml"):
        manifest = Path(a_manifest(file.parent / "k" / name))
        manifest.write_text(manifest.read_text() + "#" * (MOST_BYTES // 2))
    file.write_text(FILE.replace("{PATH}", path))
    with pytest.raises(Stop, match="bytes together"):
        read(str(file), environ={})


def test_same_place_is_tried_once() -> None:
    assert candidates("a.yml", search_path("deploy.yml", {})) == (Path("a.yml"),)


def test_everything_missing_is_named_at_once(file: Path) -> None:
    Path(a_manifest(file.parent / "b.yml")).write_text("kind: ConfigMap\nmetadata: {name: x}\n")
    file.write_text(FILE.replace("{PATH}", "a.yml\n  - path: b.yml\n  - path: c/") + "nonsense: 1\n")
    with_mistake = read(str(file), environ={})
    assert [(one.code, one.line, one.file) for one in with_mistake.problems] == [
        ("missing_file", 5, ""),
        ("missing_file", 7, ""),
        ("unknown_key", 10, ""),
        ("missing_key", 1, str(file.parent / "b.yml")),
    ]
    file.write_text(file.read_text().replace("nonsense: 1\n", ""))
    assert [one.code for one in read(str(file), environ={}).problems] == ["missing_file", "missing_file", "missing_key"]
