"""Client credentials as clients of the API send and get them. The words are OAuth's: they come from its addresses."""

from datetime import datetime

from msgspec import Struct


class NewCredential(Struct, frozen=True):
    """Make a way in for a machine that may what its roles allow."""

    name: str
    roles: tuple[str, ...]


class CredentialMade(Struct, frozen=True):
    """The secret is shown this once."""

    client_id: str
    client_secret: str


class CredentialView(Struct, frozen=True):
    id: str
    name: str
    kind: str
    roles: tuple[str, ...]
    created_at: datetime
    created_by: str = ""


class CredentialList(Struct, frozen=True):
    clients: tuple[CredentialView, ...]


class NewRoles(Struct, frozen=True):
    """Give a client these roles instead of those it has."""

    roles: tuple[str, ...]
