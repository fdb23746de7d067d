"""Blobs at rest: named by the digest of what they hold, encrypted and authenticated with one key."""

import hashlib
import random

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12


class Unsealable(Exception):
    """A blob does not open: it was sealed with another key, or changed since."""


class Seal:
    """AES-256-GCM. The digest is bound to the blob, so that one cannot be passed off as another."""

    def __init__(self, key: bytes, chance: random.Random) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key that seals blobs has {len(key)} bytes, it must have {KEY_BYTES}")
        self._cipher = AESGCM(key)
        self._chance = chance

    def close(self, digest: str, data: bytes) -> bytes:
        nonce = self._chance.randbytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, digest.encode())

    def open(self, digest: str, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], digest.encode())
        except InvalidTag as error:
            raise Unsealable(f"blob {digest} does not open: another key sealed it, or it was changed") from error


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
