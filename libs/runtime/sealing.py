"""The key that seals what is stored: from a setting, or from a file in the state folder that is made when missing.

Processes that share a store must share this key; without the setting they must share the folder.
"""

import base64
import binascii
import os
from pathlib import Path
from random import Random

from libs.runtime.process import CannotStart
from libs.runtime.settings import ProcessSettings
from libs.runtime.whole import drafted

_BYTES = 32
_FILE = "sealing-key"


def sealing_key(settings: ProcessSettings, randomness: Random) -> bytes:
    """The installation's sealing key."""
    if settings.sealing_key is not None:
        return _decoded(settings.sealing_key.reveal(), "FAIRLEAD_SEALING_KEY")
    path = settings.state_dir / _FILE
    write_private(path, base64.b64encode(randomness.randbytes(_BYTES)) + b"\n")
    return _decoded(path.read_text().strip(), str(path))


def write_private(path: Path, content: bytes) -> bool:
    """Write a file that only this user may read; false, and untouched, where it exists already.

    It appears whole or not at all: a crash half way leaves no file that a next start would trust.
    """
    with drafted(path, content) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
    _sync(path.parent)
    return True


def _sync(folder: Path) -> None:
    """Make a new name last as well: a store that outlives its sealing key cannot be read any more."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _decoded(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _BYTES:
        raise CannotStart(
            f"{source}: expected {_BYTES} bytes in base64, as `openssl rand -base64 {_BYTES}` prints them"
        )
    return key
