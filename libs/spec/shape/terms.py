"""The small shapes that the parts of the deployment file share: names, durations, variables."""

import re

from libs.spec.shape.shape import AsWritten, Choice, ListOf, MapOf, NotBuilt, NotHere, Record, Text, Whole

HEADER_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
"""What RFC 9110 calls a token."""
UNIT_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}

NAME = Text()
STRATEGY_NAME = Text(refers="strategy")
WEBHOOK_NAME = Text(refers="webhook")
QUERY_NAME = Text(refers="query")
NAMESPACE = Text(pattern=r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", means="a namespace: lower-case letters, digits and -")
SERVICE = Text(pattern=r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", means="a Service's name: lower-case letters, digits and -")
RESOURCE = Text(
    pattern=r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?",
    means="a resource's name: lower-case letters, digits, - and .",
    most=253,
)
PROSE = Text(most=20_000, lines=True)
CONTEXT = MapOf(AsWritten(), pairs=True)
TARGETS = ListOf(NAME, least=1, hint="remove the key to include all targets", lone=True)
LAMBDA = NotBuilt("lambda is not built yet in this release: remove it")
REQUEST_ONLY = NotHere("it belongs to the request that starts a deployment, not to the file")

AMOUNT = Whole(1, 1_000_000)
UNIT = Choice(tuple(UNIT_SECONDS))
ABOUT_DURATION = {"duration": "How many of the units.", "unit": "seconds, minutes or hours."}
DURATION = Record({"duration": AMOUNT, "unit": UNIT}, required=("duration", "unit"), about=ABOUT_DURATION)
