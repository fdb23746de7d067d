"""Where the cluster's API is and how this agent proves itself to it: in a pod, or by a kubeconfig."""

import base64
import binascii
import os
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from agent.access import Access
from libs.link.port import Unreachable
from libs.runtime.clock import Clock
from libs.runtime.process import CannotStart

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_KUBECONFIG_BYTES = 1024 * 1024
_REREAD_SECONDS = 10.0
"""A projected token is replaced while the process runs."""


class TokenFile:
    """A token that somebody else keeps fresh in a file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._read_at: float | None = None
        self._headers: dict[str, str] = {}

    async def headers(self) -> Mapping[str, str]:
        now = self._clock.monotonic()
        if self._read_at is None or now - self._read_at > _REREAD_SECONDS:
            self._headers = self._read()
            self._read_at = now
        return self._headers

    def _read(self) -> dict[str, str]:
        try:
            return bearer(self._path.read_text().strip())
        except OSError as error:
            if self._headers:
                return self._headers  # in the middle of being replaced
            raise Unreachable(f"the token in {self._path} cannot be read: {error.strerror}") from error


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def in_cluster(environ: Mapping[str, str], clock: Clock, folder: Path = SERVICE_ACCOUNT) -> Access:
    """The way that every pod is given."""
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (folder / "token").exists():
        raise CannotStart("this is no pod with a ServiceAccount: set FAIRLEAD_AGENT_KUBECONFIG to reach a cluster")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    tls = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    return Access(server, tls, TokenFile(folder / "token", clock).headers)


async def by_kubeconfig(path: Path, context: str, clock: Clock) -> Access:
    """The way that a kubeconfig describes; `context` empty: its current one."""
    config = _load(path)
    chosen = _named(config, "contexts", context or str(config.get("current-context", "")), "context", path)
    cluster = _named(config, "clusters", str(chosen.get("cluster", "")), "cluster", path)
    user = _named(config, "users", str(chosen.get("user", "")), "user", path) if chosen.get("user") else {}
    if {"exec", "auth-provider"} & set(user):
        # A hundred times the size of everything else here: loaded only where a plugin has to be run.
        from agent.plugin import by_plugin

        return await by_plugin(path, context)
    return _access(cluster, user, path.parent, clock)


def _access(cluster: dict[str, Any], user: dict[str, Any], folder: Path, clock: Clock) -> Access:
    server = str(cluster.get("server", ""))
    tls = _tls(cluster, user, folder) if server.startswith("https://") else None
    if user.get("tokenFile"):
        return Access(server, tls, TokenFile(folder / str(user["tokenFile"]), clock).headers)
    headers = _user_headers(user)

    async def authorize() -> Mapping[str, str]:
        return headers

    return Access(server, tls, authorize)


def _user_headers(user: dict[str, Any]) -> dict[str, str]:
    if user.get("token"):
        return bearer(str(user["token"]))
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password', '')}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {}


def _tls(cluster: dict[str, Any], user: dict[str, Any], folder: Path) -> ssl.SSLContext:
    authority = _content(cluster, "certificate-authority", folder)
    tls = ssl.create_default_context(cadata=authority.decode() if authority else None)
    if cluster.get("insecure-skip-tls-verify") is True:
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    certificate, key = _content(user, "client-certificate", folder), _content(user, "client-key", folder)
    if certificate and key:
        _load_pair(tls, certificate, key)
    return tls


def _load_pair(tls: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """The library reads a key pair from a file only: one that nobody else can read, and for this moment."""
    descriptor, name = tempfile.mkstemp()
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(certificate + b"\n" + key)
        tls.load_cert_chain(name)
    finally:
        os.unlink(name)


def _content(section: dict[str, Any], name: str, folder: Path) -> bytes | None:
    """What `<name>-data` holds in base64 or the file `<name>` holds."""
    if section.get(f"{name}-data"):
        try:
            return base64.b64decode(str(section[f"{name}-data"]), validate=True)
        except binascii.Error as error:
            raise CannotStart(f"kubeconfig: {name}-data is not base64: {error}") from error
    return (folder / str(section[name])).read_bytes() if section.get(name) else None


def _load(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _KUBECONFIG_BYTES:
            raise CannotStart(f"{path} is larger than a kubeconfig may be ({_KUBECONFIG_BYTES} bytes)")
        config = yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError) as error:
        raise CannotStart(f"{path} cannot be read as a kubeconfig: {error}") from error
    if not isinstance(config, dict):
        raise CannotStart(f"{path} is not a kubeconfig")
    return config


def _named(config: dict[str, Any], section: str, name: str, word: str, path: Path) -> dict[str, Any]:
    entries = config.get(section)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("name") == name:
            return dict(entry.get(word) or {})
    raise CannotStart(f"{path} has no {word} named {name!r}")
