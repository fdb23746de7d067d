"""Secrets as files, `<folder>/<tenant>/<name>`: read when they are used, kept nowhere, hidden in what is shown."""

import re
import stat
from collections.abc import Iterable
from pathlib import Path

from libs.runtime.process import Process
from libs.runtime.redact import text as without_credentials
from libs.runtime.secret import Secret
from libs.secrets.mask import forms, masked
from libs.templates.render import SECRETS, names

MOST_BYTES = 64 * 1024
MOST_NAMES = 100
_TENANT = re.compile(r"[a-z0-9-]{1,63}")
# No dot at either end and never two in a row: such a name stays in its folder.
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_NAME_MOST = 128


class NoSecret(Exception):
    """A secret that is named cannot be had. The text names it and says why; it never holds a value."""


class Used:
    """The secrets of one call. Only what renders a template may `reveal`."""

    def __init__(self, values: dict[str, Secret]) -> None:
        self._values = values
        self._forms = forms(secret.reveal() for secret in values.values())

    def reveal(self) -> dict[str, str]:
        """By full name, `secrets.token`."""
        return {SECRETS + name: secret.reveal() for name, secret in self._values.items()}

    def redacted(self, text: str) -> str:
        """`text` with every used value masked, however it is written, and with other credentials hidden."""
        return without_credentials(masked(text, self._forms))


class SecretFolder:
    """The secrets of all tenants."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def used(self, tenant: str, templates: Iterable[str]) -> Used:
        """The secrets that these templates name; `NoSecret` for the first that cannot be had."""
        tags = (tag.text for template in templates for tag in names(template))
        wanted = {tag.removeprefix(SECRETS) for tag in tags if tag.startswith(SECRETS)}
        if len(wanted) > MOST_NAMES:
            raise NoSecret(f"{len(wanted)} secrets are named at once, more than {MOST_NAMES}")
        return Used({name: self.read(tenant, name) for name in sorted(wanted)})

    def read(self, tenant: str, name: str) -> Secret:
        """One secret's value, without the newlines at its end."""
        if not _TENANT.fullmatch(tenant) or len(name) > _NAME_MOST or not _NAME.fullmatch(name):
            raise NoSecret(f"{name[:_NAME_MOST]!a} cannot be the name of a secret")
        try:
            content = _content(self._folder / tenant / name)
        except FileNotFoundError:
            raise NoSecret(f"there is no secret {name!r}: write it to <secrets folder>/{tenant}/{name}") from None
        except OSError as error:
            raise NoSecret(f"the secret {name!r} cannot be read: {error.strerror}") from None
        if len(content) > MOST_BYTES:
            raise NoSecret(f"the secret {name!r} is longer than {MOST_BYTES} bytes")
        try:
            return Secret(content.decode().rstrip("\r\n"))
        except UnicodeDecodeError:
            raise NoSecret(f"the secret {name!r} is not text") from None


def secret_folder(process: Process) -> SecretFolder:
    """Where this process finds secrets."""
    return SecretFolder(process.settings.secrets_dir or process.settings.state_dir / "secrets")


def _content(path: Path) -> bytes:
    """At most one byte more than is allowed. A pipe or a device is not waited for."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "not a regular file")
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
