"""What the clusters themselves say, whatever Fairlead says of them."""

from typing import Any

from cli.demo.history import expect
from cli.demo.place import Place
from cli.demo.teller import Teller

_SHOP, _CATALOG = ("shop", 4), ("catalog", 3)
_NEWEST = ":1.28-alpine"


async def as_they_are(teller: Teller) -> None:
    teller.chapter("What the clusters themselves say: the last good versions, and nothing else")
    for target, (application, pods) in (("staging", _SHOP), ("staging", _CATALOG), ("prod", _SHOP)):
        found = await _images(teller.place, target, application)
        for image, ready in found:
            teller.output.line(f"  {target}: {ready} pods ready of {application}, {image}")
        is_so = len(found) == 1 and found[0][0].endswith(_NEWEST) and found[0][1] == pods
        expect(is_so, f"{target} runs one version of {application}")


async def leads_to(place: Place, application: str, service: str) -> set[str]:
    """The tags of the images to whose pods a Service of staging sends traffic."""
    services = await place.objects("staging", application, "services")
    (selector,) = (one["spec"]["selector"] for one in services if one["metadata"]["name"] == service)
    chosen = [
        one
        for one in await place.objects("staging", application, "replicasets")
        if one["spec"].get("replicas") and selector.items() <= one["spec"]["template"]["metadata"]["labels"].items()
    ]
    return {_image(one).rpartition(":")[2] for one in chosen}


async def _images(place: Place, target: str, application: str) -> list[tuple[str, int]]:
    """Which images have pods, with how many are ready."""
    return [
        (_image(one), one.get("status", {}).get("readyReplicas", 0))
        for one in await place.objects(target, application, "replicasets")
        if one["spec"]["template"]["metadata"]["labels"].get("app") == application
        and (one["spec"].get("replicas") or one.get("status", {}).get("replicas"))
    ]


def _image(replica_set: dict[str, Any]) -> str:
    return str(replica_set["spec"]["template"]["spec"]["containers"][0]["image"])
