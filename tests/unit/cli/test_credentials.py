"""Roles that a credential is given, and that nobody knows."""

from cli.server.credentials import SYSTEM_ROLES, unknown_roles
from libs.auth import permissions


def test_role_that_is_not_there_is_named() -> None:
    assert unknown_roles(("deployer", "nosuchrole"), ["sre"]) == [
        "warning: there is no role nosuchrole yet, so it allows nothing; known: admin, deployer, viewer, agent, sre"
    ]


def test_known_roles_in_any_case_are_silent() -> None:
    assert unknown_roles(("Deployer", "SRE", *permissions.ORIGINAL_NAMES), ["sre"]) == []


def test_system_roles_are_those_of_the_server() -> None:
    assert set(SYSTEM_ROLES) == permissions.SYSTEM_ROLES
