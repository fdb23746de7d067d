"""What `fairlead doctor` makes of what the server says."""

import pytest

from cli.server.doctor import readiness

NOT_READY = b'{"title": "Service Unavailable", "status": 503, "reasons": {"nats": "not connected", "keys": "none"}}'


@pytest.mark.parametrize(
    ("body", "ok", "said"),
    [
        (b'{"ready": true}', True, "ready"),
        (NOT_READY, False, "not connected; none"),
        (b"<html>not found</html>", True, "the server does not tell whether they are ready"),
        (b'{"title": "Not Found", "status": 404}', True, "the server does not tell whether they are ready"),
        (b'{"reasons": "many"}', True, "the server does not tell whether they are ready"),
        (b'{"reasons": {"nats": "\xff"}}', True, "the server does not tell whether they are ready"),
        (b"", True, "the server does not tell whether they are ready"),
    ],
)
def test_services_are_ready_where_the_server_itself_says_so(body: bytes, ok: bool, said: str) -> None:
    finding = readiness(body)
    assert (finding.ok, finding.said) == (ok, said)
