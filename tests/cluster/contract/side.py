"""One of the two API servers, asked over one connection."""

import http.client
import ssl
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from libs.runtime.clock import SystemClock
from tests.cluster.contract.step import Answer, Object, Step, encoded, filled

_SECONDS = 40.0
_PATIENCE = 150.0
"""For what a server's controllers do: after a fall of their server they ask again only now and then."""
_PAUSE = 0.05


class Side:
    """Its kubeconfig says where it is and who asks."""

    def __init__(self, kubeconfig: Path) -> None:
        config = msgspec.json.decode(kubeconfig.read_bytes())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        place = urlsplit(cluster["server"])
        self._connection = (
            http.client.HTTPSConnection(place.netloc, timeout=_SECONDS, context=_trusting(cluster))
            if place.scheme == "https"
            else http.client.HTTPConnection(place.netloc, timeout=_SECONDS)
        )
        self._headers = {"User-Agent": "contract/1"}
        if "token" in user:
            self._headers["Authorization"] = f"Bearer {user['token']}"

    def close(self) -> None:
        self._connection.close()

    def play(self, steps: list[Step], namespace: str) -> list[Answer]:
        """The answers, in the order of the requests; over a new connection, because the server may be a new process."""
        self.close()
        answers: list[Answer] = []
        for step in steps:
            path, body = filled(step.path, namespace, answers), encoded(step, namespace, answers)
            answers.append(self._settled(step, path, body))
        return answers

    def _settled(self, step: Step, path: str, body: bytes) -> Answer:
        clock = SystemClock()
        deadline = clock.monotonic() + _PATIENCE
        answer = self._asked(step, path, body)
        while step.until is not None and not _holds(step, answer):
            assert clock.monotonic() < deadline, f"{path} never became as wanted: {answer}"
            time.sleep(_PAUSE)  # nothing tells when it has come true
            answer = self._asked(step, path, body)
        return answer

    def _asked(self, step: Step, path: str, body: bytes) -> Answer:
        headers = {**self._headers, "Accept": step.accept or "application/json"}
        if body:
            headers["Content-Type"] = step.media
        try:
            self._connection.request(step.method, path, body or None, headers)
            response = self._connection.getresponse()
            return Answer(response.status, _read(response.read()), response.getheader("Warning") or "")
        except http.client.HTTPException as error:
            self._connection.close()
            return Answer(0, f"no answer: {error!r}")


def _trusting(cluster: Object) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=cluster["certificate-authority"])


def _holds(step: Step, answer: Answer) -> bool:
    try:
        return step.until is None or step.until(answer.body)
    except (KeyError, IndexError, TypeError):
        return False


def _read(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        pass
    try:
        return [msgspec.json.decode(line) for line in raw.splitlines()]
    except msgspec.DecodeError:
        return raw.decode(errors="replace")
