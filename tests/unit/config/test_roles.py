"""Roles that a client is to have, and that nobody has configured."""

import pytest

from libs.auth.permissions import ORIGINAL_NAMES, SYSTEM_ROLES
from libs.config.roles import unknown_role

OWN = {"sre": frozenset[str](), "release captain": frozenset({"deployer"})}

CASES = {
    "ours": (sorted(SYSTEM_ROLES), ""),
    "the original's": (list(ORIGINAL_NAMES), ""),
    "configured, in any case": (["SRE", "Release Captain"], ""),
    "a slip of the pen": (
        ["viewer", "deploier"],
        'no role "deploier" is configured; did you mean deployer? '
        "known: admin, agent, deployer, viewer, release captain, sre",
    ),
    "like none": (
        ["zzz"],
        'no role "zzz" is configured; known: admin, agent, deployer, release captain, sre, viewer',
    ),
}


@pytest.mark.parametrize(("roles", "told"), CASES.values(), ids=CASES)
def test_role_is_known_or_told(roles: list[str], told: str) -> None:
    assert unknown_role(roles, OWN) == told
