"""How the agent finds its cluster and proves itself to it."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.cluster import TokenFile, by_kubeconfig, in_cluster
from libs.runtime.certificates import Certificates, ensure_certificates
from libs.runtime.clock import SystemClock
from libs.runtime.process import CannotStart
from tests.unit.agent.clock import HandClock


def a_config(folder: Path, cluster: dict[str, Any], user: dict[str, Any]) -> Path:
    path = folder / "config"
    config = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}, {"name": "broken", "context": {}}],
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1", **cluster}}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return ensure_certificates(tmp_path / "tls", SystemClock().now())


@pytest.mark.parametrize(
    ("user", "header"),
    [
        ({"token": "t"}, "Bearer t"),
        ({"username": "a", "password": "b"}, "Basic " + base64.b64encode(b"a:b").decode()),
        ({}, None),
    ],
)
async def test_user_becomes_a_header(tmp_path: Path, user: dict[str, Any], header: str | None) -> None:
    access = await by_kubeconfig(a_config(tmp_path, {}, user), "", HandClock())
    assert (await access.authorize()).get("Authorization") == header


async def test_plain_http_has_no_tls(tmp_path: Path) -> None:
    assert (await by_kubeconfig(a_config(tmp_path, {}, {}), "", HandClock())).tls is None


async def test_token_file_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    clock = HandClock()
    access = await by_kubeconfig(a_config(tmp_path, {}, {"tokenFile": "token"}), "", clock)
    assert await access.authorize() == {"Authorization": "Bearer first"}
    (tmp_path / "token").write_text("second\n")
    clock.seconds += 11
    assert await access.authorize() == {"Authorization": "Bearer second"}


async def test_authority_and_client_certificate_are_loaded(tmp_path: Path, certificates: Certificates) -> None:
    def content(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    cluster = {"server": "https://127.0.0.1:1", "certificate-authority": "tls/ca.pem"}
    user = {"client-certificate-data": content(certificates.certificate), "client-key-data": content(certificates.key)}
    access = await by_kubeconfig(a_config(tmp_path, cluster, user), "", HandClock())
    assert access.tls is not None
    assert [one["serialNumber"] for one in access.tls.get_ca_certs()]


async def test_verification_is_left_out_only_when_asked(tmp_path: Path) -> None:
    strict = await by_kubeconfig(a_config(tmp_path, {"server": "https://h"}, {}), "", HandClock())
    lax = a_config(tmp_path, {"server": "https://h", "insecure-skip-tls-verify": True}, {})
    loose = await by_kubeconfig(lax, "", HandClock())
    assert strict.tls is not None
    assert loose.tls is not None
    assert (strict.tls.check_hostname, loose.tls.check_hostname) == (True, False)


@pytest.mark.parametrize("text", ["[]", "{", "a: [b", "", "contexts: 3"])
async def test_file_that_is_no_kubeconfig_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(CannotStart, match="config"):
        await by_kubeconfig(path, "", HandClock())


async def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="nowhere"):
        await by_kubeconfig(tmp_path / "nowhere", "", HandClock())


@pytest.mark.parametrize("context", ["absent", "broken"])
async def test_missing_context_is_named(tmp_path: Path, context: str) -> None:
    with pytest.raises(CannotStart, match="named"):
        await by_kubeconfig(a_config(tmp_path, {}, {}), context, HandClock())


async def test_exec_plugin_is_run(tmp_path: Path) -> None:
    script = tmp_path / "plugin"
    credential = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"made"}}'
    script.write_text(f"#!/bin/sh\necho '{credential}'\n")
    script.chmod(0o700)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(script)}}
    access = await by_kubeconfig(a_config(tmp_path, {}, user), "", HandClock())
    assert await access.authorize() == {"Authorization": "Bearer made"}


async def test_pod_uses_its_service_account(tmp_path: Path, certificates: Certificates) -> None:
    (tmp_path / "token").write_text("pod")
    (tmp_path / "ca.crt").write_bytes(certificates.authority.read_bytes())
    variables = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"}
    access = in_cluster(variables, HandClock(), tmp_path)
    assert access.server == "https://[fd00::1]:6443"
    assert await access.authorize() == {"Authorization": "Bearer pod"}


def test_outside_a_pod_a_kubeconfig_is_needed(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="FAIRLEAD_AGENT_KUBECONFIG"):
        in_cluster({}, HandClock(), tmp_path)


async def test_token_file_that_vanished_keeps_the_last_token(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("kept")
    clock = HandClock()
    token = TokenFile(path, clock)
    await token.headers()
    path.unlink()
    clock.seconds += 11
    assert await token.headers() == {"Authorization": "Bearer kept"}
