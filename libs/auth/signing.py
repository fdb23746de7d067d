"""Signing keys and the tokens signed with them. Only the identity service uses this.

ES256 and not EdDSA: the original's command line parses the token it is given and knows only RS256 and ES256, and here
P-256 also signs and verifies faster.
"""

import base64
import hashlib
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from libs.auth.tokens import Claims

ALGORITHM = "ES256"
TYPE = "at+jwt"
PRINCIPAL_CLAIM = "https://cloud.armory.io/principal"
"""What clients of the original read their tenant from."""


class SigningKey:
    """A private key and the id under which its public half is found."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self.public = _public_jwk(private)
        """The JWK that others verify with."""
        self.kid: str = self.public["kid"]

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new key. Its randomness is the operating system's: no port may make it predictable."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_bytes(cls, encoded: bytes) -> "SigningKey":
        private = serialization.load_der_private_key(encoded, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ValueError("expected an elliptic curve key")
        return cls(private)

    def to_bytes(self) -> bytes:
        """The private key, to be sealed before it is stored."""
        return self._private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, payload: dict[str, Any], kind: str = TYPE) -> str:
        return jwt.encode(payload, self._private, ALGORITHM, headers={"kid": self.kid, "typ": kind})


def issue(key: SigningKey, claims: Claims) -> str:
    """A signed access token."""
    payload: dict[str, Any] = msgspec.to_builtins(claims)
    payload[PRINCIPAL_CLAIM] = {
        "orgId": claims.tenant,
        "orgName": claims.tenant,
        "envId": claims.tenant,
        "name": claims.sub,
        "type": "user" if claims.kind == "user" else "machine",
        "roles": claims.roles,
    }
    return key.sign(payload)


def _public_jwk(private: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    point = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    required = {name: point[name] for name in ("crv", "kty", "x", "y")}
    # The thumbprint of RFC 7638: the same key has the same id wherever it is computed.
    thumbprint = hashlib.sha256(msgspec.json.encode(required, order="sorted")).digest()
    kid = base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    return {**required, "kid": kid, "alg": ALGORITHM, "use": "sig"}
