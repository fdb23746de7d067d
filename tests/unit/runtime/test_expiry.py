"""Certificates that run out: when that is said, and what is measured."""

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from structlog.testing import capture_logs

from libs.runtime.certificates import ensure_certificates
from libs.runtime.expiry import Pem, ends, is_to_be_told, watched
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process
from libs.runtime.settings import ProcessSettings
from tests.clock import VirtualClock

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("left", "told_ago", "expected"),
    [
        (15 * DAY, None, False),
        (14 * DAY + HOUR, None, False),
        (14 * DAY, None, True),
        (3 * DAY, None, True),
        (-DAY, None, True),
        (13 * DAY, HOUR, False),
        (13 * DAY, DAY - HOUR, False),
        (13 * DAY, DAY, True),
        (365 * DAY, 2 * DAY, False),  # replaced since
    ],
)
def test_end_is_told_two_weeks_ahead_and_once_a_day(
    left: timedelta, told_ago: timedelta | None, expected: bool
) -> None:
    assert is_to_be_told(left, told_ago) is expected


@pytest.mark.parametrize(("is_chain", "which"), [(True, 0), (False, 1)])
def test_chain_ends_with_its_first_and_authorities_with_their_last(is_chain: bool, which: int, tmp_path: Path) -> None:
    made = ensure_certificates(tmp_path, VirtualClock().now())
    server, authority = made.certificate.read_bytes(), made.authority.read_bytes()
    assert ends(authority + server, is_chain) == (ends(server, True), ends(authority, True))[which]


@pytest.mark.parametrize("is_chain", [True, False])
@pytest.mark.parametrize("pem", [b"", b"half a fi", b"\xff\xfe"])
def test_no_certificate_is_no_end(pem: bytes, is_chain: bool) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ends(pem, is_chain)


def test_bundle_may_name_its_authorities(tmp_path: Path) -> None:
    authority = ensure_certificates(tmp_path, VirtualClock().now()).authority.read_bytes()
    assert ends("# Főtanúsítvány\n".encode() + authority, is_chain=False) == ends(authority, is_chain=True)


def test_pinned_certificate_that_is_no_authority_ends_too(tmp_path: Path) -> None:
    server = ensure_certificates(tmp_path, VirtualClock().now()).certificate.read_bytes()
    assert ends(server, is_chain=False) == ends(server, is_chain=True)


async def looked_at(path: Path, days: int) -> tuple[int, float]:
    """How often it was said in so many days that a certificate runs out, and how many days it had left at last."""
    clock = VirtualClock()
    process = Process("gateway", ProcessSettings(), Health(), Metrics(), clock, Random(1), "gateway-1")
    with capture_logs() as logged:
        async with watched({"gateway": Pem(path, is_chain=True)}, process):
            for _ in range(days * 24):
                await clock.advance(3600)
    left = process.metrics.registry.get_sample_value("fairlead_certificate_expires_seconds", {"what": "gateway"})
    assert left is not None
    return [line["event"] for line in logged].count("certificate_runs_out"), left / 86400


async def test_days_left_are_measured_and_told_once_a_day(tmp_path: Path) -> None:
    made = ensure_certificates(tmp_path, VirtualClock().now() - timedelta(days=365 - 16))
    assert await looked_at(made.certificate, 5) == (4, 11)
