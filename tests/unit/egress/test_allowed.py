from ipaddress import ip_network

import pytest
from msgspec.structs import replace

from libs.egress.allowed import allowed_networks
from libs.runtime.process import CannotStart
from libs.runtime.settings import ProcessSettings

OWN = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def test_only_what_is_named_is_allowed() -> None:
    assert allowed_networks(("10.1.0.0/16",), "X", ProcessSettings()) == (ip_network("10.1.0.0/16"),)


def test_own_machine_is_allowed_in_development() -> None:
    assert allowed_networks((), "X", replace(ProcessSettings(), profile="development")) == OWN


def test_wrong_network_stops_the_start() -> None:
    with pytest.raises(CannotStart, match="FAIRLEAD_X: 'here' does not appear"):
        allowed_networks(("here",), "FAIRLEAD_X", ProcessSettings())
