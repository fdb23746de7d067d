"""The address part that says which webhook run a callback is about: unguessable, and nothing has to be kept for it.

Knowing one is not enough to call back: who does also shows a bearer token.
"""

import base64
import binascii
import hashlib
import hmac

from libs.messages.subject import Key

_MAC_BYTES = 32
_MOST_CHARACTERS = 512
_PURPOSE = b"fairlead webhook callback 1"


class CallbackTokens:
    """Makes and checks tokens with a key that follows from the installation's sealing key."""

    def __init__(self, sealing_key: bytes) -> None:
        self._key = hmac.digest(sealing_key, _PURPOSE, hashlib.sha256)

    def token(self, key: Key) -> str:
        """For the run with this key; always the same."""
        place = f"{key.tenant}/{key.partition}/{key.deployment}/{key.target}".encode()
        return base64.urlsafe_b64encode(self._mac(place) + place).decode().rstrip("=")

    def place(self, token: str) -> Key | None:
        """Whose token this is; None where it was not made here."""
        if len(token) > _MOST_CHARACTERS or not token.isascii():
            return None
        try:
            content = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        place = content[_MAC_BYTES:]
        if not hmac.compare_digest(content[:_MAC_BYTES], self._mac(place)):
            return None
        tenant, partition, deployment, target = place.decode().split("/")
        return Key(tenant, int(partition), deployment, target)

    def _mac(self, place: bytes) -> bytes:
        return hmac.digest(self._key, place, hashlib.sha256)
