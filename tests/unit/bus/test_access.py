"""What the settings of NATS become, and what is wrong with them."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.bus.access import options
from libs.runtime.certificates import ensure_certificates
from libs.runtime.process import CannotStart
from libs.runtime.secret import Secret
from libs.runtime.settings import ProcessSettings


def test_nothing_is_said_where_nothing_is_set() -> None:
    assert options(ProcessSettings()) == {}


def test_several_nodes_are_named_with_commas() -> None:
    assert ProcessSettings(nats_url="nats://a:4222, nats://b:4222,").nats == ("nats://a:4222", "nats://b:4222")
    assert ProcessSettings().nats == ("nats://127.0.0.1:4222",)


def test_user_goes_with_a_password() -> None:
    settings = ProcessSettings(nats_user="planner", nats_password=Secret("hush"))
    assert options(settings) == {"user": "planner", "password": "hush"}


@pytest.mark.parametrize(
    "settings", [ProcessSettings(nats_user="planner"), ProcessSettings(nats_password=Secret("hush"))]
)
def test_half_a_credential_is_refused(settings: ProcessSettings) -> None:
    with pytest.raises(CannotStart, match="set both or neither"):
        options(settings)


@pytest.mark.feature("F26")
def test_authority_means_tls_from_the_first_byte(tmp_path: Path) -> None:
    made = ensure_certificates(tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
    found = options(ProcessSettings(nats_authority=made.authority))
    assert found["tls_handshake_first"] is True
    assert found["tls"].verify_mode is ssl.CERT_REQUIRED
    assert found["tls"].check_hostname


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_authority_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CannotStart, match="FAIRLEAD_NATS_AUTHORITY"):
        options(ProcessSettings(nats_authority=file))
