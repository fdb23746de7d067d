"""How long what the original limits may take, where an installation does not say otherwise."""

import msgspec
import pytest

from services.identity.settings import Settings as IdentitySettings
from services.webhooks.settings import Settings as WebhooksSettings


@pytest.mark.feature("F113")
def test_one_attempt_to_call_has_half_a_minute() -> None:
    assert WebhooksSettings().webhooks_attempt_seconds == 30


@pytest.mark.feature("F152")
@pytest.mark.parametrize(("seconds", "is_taken"), [(60, True), (86_400, True), (59, False), (86_401, False)])
def test_token_may_live_for_a_day_at_most(seconds: int, is_taken: bool) -> None:
    try:
        msgspec.convert({"identity_token_seconds": seconds}, IdentitySettings)
    except msgspec.ValidationError:
        assert not is_taken
    else:
        assert is_taken
