"""Whoever acts: a person, a machine or an agent, as a verified token says."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    USER = "user"
    MACHINE = "machine"
    AGENT = "agent"


class Principal(Struct, frozen=True):
    """Who a verified token speaks for. Only `libs.auth.tokens` makes one outside tests."""

    tenant: str
    subject: str
    roles: frozenset[str]
    kind: Kind
    expires_at: datetime
    agent: str = ""
    """The identifier an agent connects under; empty for everyone else."""
    token_id: str = ""
    """For the audit record."""
