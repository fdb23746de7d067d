"""The gateway's certificate is replaced while agents come and go."""

import shutil
from collections.abc import MutableMapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from agent import frames
from libs.runtime.certificates import Certificates, ensure_certificates
from tests.integration.link.plane import AGENT, CLOCK, Plane, agent_up, gateway_up, link_to
from tests.integration.link.test_door import HELLO, bearer, calling
from tests.integration.link.test_faults import answers
from tests.waiting import eventually


@pytest.fixture
def other(tmp_path: Path) -> Certificates:
    """A pair under an authority of its own."""
    return ensure_certificates(tmp_path / "other", CLOCK.now())


def replace(the_plane: Plane, other: Certificates, *names: str) -> None:
    for name in names:
        fresh = getattr(the_plane.certificates, name).with_suffix(".fresh")
        shutil.copy(getattr(other, name), fresh)
        fresh.replace(getattr(the_plane.certificates, name))


async def is_welcomed(the_plane: Plane, authority: bytes) -> bool:
    """Whether somebody who trusts this authority only is let in."""
    async with calling(the_plane, bearer(the_plane.issuer.issue(AGENT)), authority=authority) as caller:
        await caller.say(HELLO)
        return isinstance(await caller.hear(), frames.Welcomed)


async def test_replaced_certificate_counts_at_once(the_plane: Plane, other: Certificates) -> None:
    before = the_plane.certificates.authority.read_bytes()
    async with gateway_up(the_plane):
        assert await is_welcomed(the_plane, before)
        replace(the_plane, other, "key", "certificate")
        assert await is_welcomed(the_plane, other.authority.read_bytes())


@pytest.mark.parametrize("half", ["key", "certificate"])
async def test_half_a_pair_changes_nothing_yet(the_plane: Plane, other: Certificates, half: str) -> None:
    before = the_plane.certificates.authority.read_bytes()
    async with gateway_up(the_plane):
        replace(the_plane, other, half)
        assert await is_welcomed(the_plane, before)
        replace(the_plane, other, "key", "certificate")
        assert await is_welcomed(the_plane, other.authority.read_bytes())


async def test_replaced_authority_counts_when_an_agent_dials(
    the_plane: Plane, other: Certificates, kubeconfig: Path, tmp_path: Path
) -> None:
    trusted = tmp_path / "trusted.pem"
    shutil.copy(the_plane.certificates.authority, trusted)
    pair = {"gateway_certificate": the_plane.certificates.certificate, "gateway_key": the_plane.certificates.key}
    async with link_to(the_plane) as link:
        first = gateway_up(the_plane, **pair)
        await first.__aenter__()
        async with agent_up(the_plane.agent(kubeconfig, agent_authority=trusted)):
            replace(the_plane, other, "key", "certificate")
            shutil.copy(other.authority, trusted)
            await first.__aexit__(None, None, None)
            async with gateway_up(the_plane, **pair):
                await eventually(lambda: answers(link))


async def test_missing_authority_is_waited_for(the_plane: Plane, kubeconfig: Path, tmp_path: Path) -> None:
    trusted = tmp_path / "trusted.pem"
    shutil.copy(the_plane.certificates.authority, trusted)
    async with link_to(the_plane) as link, AsyncExitStack() as first:
        await first.enter_async_context(gateway_up(the_plane))
        async with agent_up(the_plane.agent(kubeconfig, agent_authority=trusted)):
            with capture_logs() as logs:
                trusted.unlink()
                await first.aclose()
                await eventually(lambda: told(logs, "cannot be read"))
            shutil.copy(the_plane.certificates.authority, trusted)
            async with gateway_up(the_plane):
                await eventually(lambda: answers(link))


async def told(logs: Sequence[MutableMapping[str, Any]], reason: str) -> bool:
    return any(reason in line.get("reason", "") for line in logs)
