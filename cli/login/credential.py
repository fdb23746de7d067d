"""An id and a secret, from wherever they were given: the command line, variables, a file, or a person who types."""

import sys
from collections.abc import Mapping

from msgspec import Struct

from cli.exits import Exit, Stop
from cli.files.reading import text_of
from cli.options import Options

MOST_SECRET_BYTES = 4096
SHOWN = "warning: a secret on the command line shows in the list of processes: set FAIRLEAD_CLIENT_SECRET instead"
_IDS = ("FAIRLEAD_CLIENT_ID", "ARMORY_CLIENTID", "ARMORY_CLIENT_ID")
_SECRETS = ("FAIRLEAD_CLIENT_SECRET", "ARMORY_CLIENTSECRET", "ARMORY_CLIENT_SECRET")
_FILE = "FAIRLEAD_CLIENT_SECRET_FILE"


class Credential(Struct, frozen=True):
    """What was given of it."""

    client_id: str = ""
    secret: str = ""

    def __repr__(self) -> str:
        return f"Credential({self.client_id!r}, …)"


def given(options: Options, environ: Mapping[str, str]) -> Credential:
    """What is typed wins over what is set."""
    client_id = options.client_id or _first(environ, _IDS)
    secret = options.client_secret or _first(environ, _SECRETS)
    if not secret and client_id and (file := environ.get(_FILE, "")):
        secret = secret_in(file)
    if secret and not client_id:
        raise Stop(Exit.WRONG, "a secret was given, but no client", "name it with -c or FAIRLEAD_CLIENT_ID")
    return Credential(client_id.strip(), secret.strip())


def secret_in(file: str) -> str:
    secret = text_of(file, MOST_SECRET_BYTES).strip()
    if not secret:
        raise Stop(Exit.WRONG, f"{file} holds no secret")
    return secret


def asked(credential: Credential) -> Credential:
    """The whole of it; a person is asked for what is missing, and a secret is not shown while it is typed."""
    if credential.client_id and credential.secret:
        return credential
    if not sys.stdin.isatty():
        missing = "secret" if credential.client_id else "client"
        hint = "give -c with --secret-file FILE (- reads it from standard input), or set FAIRLEAD_CLIENT_ID and "
        raise Stop(Exit.WRONG, f"no {missing} was given, and nobody can be asked", f"{hint}FAIRLEAD_CLIENT_SECRET")
    client_id, secret = _typed(credential)
    if not client_id or not secret:
        raise Stop(Exit.WRONG, "nothing was typed", "an administrator makes one: fairlead credential create NAME")
    return Credential(client_id, secret)


def _typed(credential: Credential) -> tuple[str, str]:
    from getpass import getpass

    try:
        client_id = credential.client_id or _line("client id: ")
        if not client_id:
            return "", ""
        return client_id, credential.secret or getpass(f"secret of {client_id}: ").strip()
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\n")
        raise KeyboardInterrupt from None


def _line(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline(MOST_SECRET_BYTES).strip()


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := environ.get(name, ""))), "")
