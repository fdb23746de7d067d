"""A deployment file by its address: what is fetched, and what is not."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cli.exits import Exit, Stop
from cli.files import remote, submission
from cli.files.remote import beside, is_remote, text_at
from cli.files.submission import read
from tests.integration.intake.world import FILE, MANIFEST

PAGES: dict[str, tuple[int, bytes]] = {
    "/shop/deploy.yml": (200, FILE.encode()),
    "/shop/shop.yml": (200, MANIFEST.encode()),
    "/alone/deploy.yml": (200, FILE.encode()),
    "/folder/deploy.yml": (200, FILE.replace("shop.yml", "manifests/").encode()),
    "/elsewhere/deploy.yml": (200, FILE.replace("shop.yml", "//other.example/shop.yml").encode()),
    "/moved": (302, b""),
    "/private": (403, b""),
    "/broken": (500, b""),
    "/bytes": (200, b"\xff\xfe"),
}


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, content = PAGES.get(self.path, (404, b""))
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/shop/deploy.yml")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test says what went wrong."""


@contextmanager
def served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.feature("F156")
def test_file_and_manifests_beside_it_are_fetched() -> None:
    with served() as server:
        found = read(f"{server}/shop/deploy.yml", environ={"GITHUB_WORKSPACE": "/w"})
    assert (found.problems, found.files) == ((), {"shop.yml": (MANIFEST,)})
    assert found.names == {"shop.yml": (f"{server}/shop/shop.yml",)}


@pytest.mark.parametrize(
    ("folder", "said"),
    [("alone", "there is no file"), ("folder", "nothing lists a folder"), ("elsewhere", "there is no file")],
)
def test_missing_manifest_has_its_place(folder: str, said: str) -> None:
    with served() as server:
        (problem,) = read(f"{server}/{folder}/deploy.yml").problems
    assert (problem.code, problem.line, said in problem.message) == ("missing_file", 9, True)


REFUSED = {
    "nowhere": (Exit.WRONG, "nothing is at"),
    "moved": (Exit.WRONG, "sends us to http://127.0.0.1:1/"),
    "private": (Exit.NOT_ALLOWED, "answered 403"),
    "broken": (Exit.FAILED, "answered 500"),
    "bytes": (Exit.WRONG, "not UTF-8"),
}


@pytest.mark.parametrize("page", REFUSED)
def test_refusal_is_told(page: str) -> None:
    code, said = REFUSED[page]
    with served() as server, pytest.raises(Stop, match=said) as stop:
        text_at(f"{server}/{page}", 1000)
    assert stop.value.code == code


def test_large_file_is_not_read_to_its_end() -> None:
    with served() as server, pytest.raises(Stop, match="larger than 10 bytes"):
        text_at(f"{server}/shop/deploy.yml", 10)


def test_slow_file_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "SECONDS", -1.0)
    with served() as server, pytest.raises(Stop, match="not there whole"):
        text_at(f"{server}/shop/deploy.yml", 10_000)


def test_too_many_files_are_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "MOST_FETCHED", 0)
    with served() as server, pytest.raises(Stop, match="names 1 files"):
        read(f"{server}/shop/deploy.yml")


@pytest.mark.parametrize(
    "url", ["http://cd.example/deploy.yml", "ftp://127.0.0.1/x", "s3://bucket/x", "https://ann:secret@cd.example/x"]
)
def test_address_that_is_not_asked(url: str) -> None:
    with pytest.raises(Stop) as stop:
        text_at(url, 10)
    assert (stop.value.code, "secret" in str(stop.value)) == (Exit.WRONG, False)


def test_absent_server_is_unreachable() -> None:
    with pytest.raises(Stop) as stop:
        text_at("http://127.0.0.1:1/deploy.yml", 10)
    assert stop.value.code == Exit.UNREACHABLE


@pytest.mark.parametrize(
    ("file", "expected"),
    [("https://h/x", True), ("s3://b/k", True), ("deploy.yml", False), ("/a/b", False), ("-", False), ("c:/x", False)],
)
def test_address_is_told_from_path(file: str, expected: bool) -> None:
    assert is_remote(file) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("m/web.yml", "https://h/a/m/web.yml"),
        ("/m/web.yml", "https://h/a/m/web.yml"),
        ("../web.yml", "https://h/web.yml"),
        ("https://other/web.yml", ""),
        ("//other/web.yml", "https://h/a/other/web.yml"),
    ],
)
def test_manifest_is_beside_its_file(path: str, expected: str) -> None:
    assert beside("https://h/a/deploy.yml", path) == expected
