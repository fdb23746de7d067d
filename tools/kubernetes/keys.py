"""Who may do what in a cluster of ours: its certificates, its tokens, and the kubeconfigs that carry them."""

import secrets
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from libs.runtime.certificates import LOCAL, Certificates, ensure_certificates
from libs.runtime.clock import SystemClock

_NAMES = (*LOCAL, "kubernetes", "kubernetes.default", "kubernetes.default.svc", "10.96.0.1")
_USERS = {
    "admin": ("admin", '"system:masters"'),
    "kube-controller-manager": ("system:kube-controller-manager", ""),
    "kube-scheduler": ("system:kube-scheduler", ""),
    "kwok": ("kwok", '"system:masters"'),
}


class Keys(Struct, frozen=True):
    """Where the files are, and the token of the one who may do everything."""

    folder: Path
    server: str
    certificates: Certificates
    admin: str

    @property
    def accounts(self) -> Path:
        """What ServiceAccounts' tokens are signed with."""
        return self.folder / "accounts.pem"

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens.csv"

    def kubeconfig(self, name: str) -> Path:
        return self.folder / f"{name}.kubeconfig"

    def write_kubeconfig(self, name: str, token: str) -> Path:
        path = self.kubeconfig(name)
        cluster = {"server": self.server, "certificate-authority": str(self.certificates.authority)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": name, "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": name}}],
            "current-context": "test",
        }
        _write_private(path, msgspec.json.format(msgspec.json.encode(config)))
        return path


def make_keys(folder: Path, server: str) -> Keys:
    """Everything anew, for a cluster that answers at `server`."""
    tokens = {name: secrets.token_hex(16) for name in _USERS}
    keys = Keys(folder, server, ensure_certificates(folder, SystemClock().now(), _NAMES), tokens["admin"])
    lines = [f"{tokens[name]},{user},{name},{groups}\n" for name, (user, groups) in _USERS.items()]
    _write_private(keys.tokens, "".join(lines).encode())
    _write_private(keys.accounts, _fresh_key())
    for name, token in tokens.items():
        keys.write_kubeconfig(name, token)
    return keys


def _fresh_key() -> bytes:
    """Both halves in one file: the server takes one to sign and the other to verify."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private + public


def _write_private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
