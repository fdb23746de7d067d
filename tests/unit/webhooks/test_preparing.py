from pathlib import Path

import msgspec
import pytest

from libs.auth.callbacks import CallbackTokens
from libs.bus.broker import Broker
from libs.durable.contents import Contents
from libs.messages.run import Place, Subject
from libs.messages.subject import Key
from libs.plan.model import Definitions
from libs.secrets.folder import SecretFolder
from libs.spec.model import Webhook
from libs.store.memory import MemoryStore
from libs.webhook.state import Phase, Run
from services.webhooks.calling.preparing import Prepared, Preparer, Unprepared, delivery_id
from tests.clock import VirtualClock

KEY = Key("acme", 3, "d1", "prod")
SUBJECT = Subject("shop", "prod", "prod-eu", "shop-ns")
TOKENS = CallbackTokens(b"k" * 32)
JOB = "https://ci.test/{{context.job}}?back={{armory.callbackUri}}"


async def prepared(webhook: Webhook, *, public_url: str = "https://us.test/", name: str = "job") -> Prepared:
    store = MemoryStore(Broker(VirtualClock()))
    digest = await store.save(msgspec.json.encode(Definitions(webhooks={"job": webhook}, context={"job": "7"})))
    preparer = Preparer(Contents(store, Definitions), SecretFolder(Path("/nowhere")), TOKENS, public_url)
    run = Run(Phase.CALLING, "strategy/1/0/prod", Place("strategy", 1), name, digest, SUBJECT)
    return await preparer.prepare(KEY, run, 1)


async def test_attempt_says_where_to_call_back() -> None:
    attempt = (await prepared(Webhook(JOB))).attempt
    assert str(attempt.request.url) == f"https://ci.test/7?back=https://us.test/api/v1/callbacks/{TOKENS.token(KEY)}"


async def test_repeated_attempt_keeps_its_delivery() -> None:
    first, again = [(await prepared(Webhook(JOB))).attempt.delivery for _ in range(2)]
    assert first == again == delivery_id(KEY, 1) != delivery_id(KEY, 2)


@pytest.mark.parametrize(
    ("uri", "public_url", "name", "why"),
    [
        (JOB, "", "job", r"column 38: .* has no value: the webhooks service is not told FAIRLEAD_PUBLIC_URL"),
        ("https://{{context.other}}/", "", "job", "{{context.other}} has no value$"),
        ("https://ci.test/{{secrets.token}}", "", "job", "there is no secret 'token'"),
        (JOB, "https://us.test", "lost", "the deployment file defines no webhook 'lost'"),
    ],
)
async def test_what_cannot_be_prepared_is_told(uri: str, public_url: str, name: str, why: str) -> None:
    with pytest.raises(Unprepared, match=why):
        await prepared(Webhook(uri), public_url=public_url, name=name)
