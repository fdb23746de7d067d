"""Keeping a view of one collection current: list, then watch from there, and begin again wherever that breaks."""

import asyncio
from datetime import datetime
from random import Random
from urllib.parse import urlencode

import msgspec
from msgspec import Struct, field

from libs.kube.port import Transport
from libs.kube.status import KubeError, checked, error_of_event
from libs.kube.view import Object, View
from libs.link.port import Lost, NoAnswer
from libs.runtime.clock import Clock

PAGE = 500
OBJECTS_MOST = 50_000
WATCH_SECONDS = 240
PAUSE_SECONDS = 0.5
PAUSE_MOST_SECONDS = 15.0
"""An agent that is away is tried at least this often, whether or not anybody says that it is back."""
STABLE_SECONDS = 5.0
NOBODY = "fairlead-nobody"


class Collection(Struct, frozen=True):
    """What to watch: a collection's path, narrowed by selectors in the API's own notation."""

    path: str
    labels: str = ""
    fields: str = ""

    def query(self, **parameters: str) -> str:
        selectors = {"labelSelector": self.labels, "fieldSelector": self.fields}
        return f"{self.path}?{urlencode(parameters | {name: value for name, value in selectors.items() if value})}"


class _ListMeta(Struct):
    resourceVersion: str = ""
    next_page: str = field(default="", name="continue")


class _Page(Struct):
    metadata: _ListMeta
    apiVersion: str = ""
    kind: str = ""
    items: list[Object] | None = None


class _Event(Struct):
    type: str
    object: Object


_pages = msgspec.json.Decoder(_Page)
_events = msgspec.json.Decoder(_Event)


class _Nonsense(Lost):
    """What came is not what an API sends."""


class Reflector:
    """A view of a collection. `run` keeps it current; `view.objects` is what was last seen, also while it is not.

    Objects are kept by name, those of a collection over all namespaces by `<namespace>/<name>`, and without their
    `managedFields`, which are most of their size.
    """

    def __init__(
        self, transport: Transport, collection: Collection, clock: Clock, random: Random, view: View | None = None
    ) -> None:
        self.view = view or View()
        self.is_synced = False
        self.since: datetime | None = clock.now()
        """Since when the view is not current; None while it is."""
        self.failure = "not listed yet"
        """Why it is not."""
        self._transport = transport
        self._collection = collection
        self._clock = clock
        self._random = random
        self.ages = 0
        """How often the collection came back older than it had been, from a backup for instance."""
        self._version = ""
        self._newest = 0
        self._attempts = 0
        self._nudged = asyncio.Event()
        self._changed = asyncio.Event()

    @property
    def objects(self) -> dict[str, Object]:
        return self.view.objects

    @property
    def version(self) -> str:
        """The resourceVersion up to which the view has everything; empty while it is to be listed."""
        return self._version

    async def synced(self) -> None:
        """Wait until the view is current."""
        while not self.is_synced:
            self._changed.clear()
            await self._changed.wait()

    def witness(self, version: str) -> None:
        """Somebody was answered with this version: what is listed from now on is no older."""
        self._newest = max(self._newest, order(version))

    def nudge(self) -> None:
        """Try again at once: the agent is said to be back."""
        self._nudged.set()

    async def run(self) -> None:
        """Keep the view current until cancelled."""
        while True:
            began = self._clock.monotonic()
            failure = await self._follow()
            if self._clock.monotonic() - began >= STABLE_SECONDS:
                self._attempts = 0
            if failure is not None:
                self._fell(failure)
            await self._pause(is_expected=failure is None)

    async def _follow(self) -> Exception | None:
        """List and watch until that ends; None where the server just ended the watch, as it does every few minutes."""
        try:
            if not self._version or await self._is_older():
                await self._list()
            await self._watch()
        except (KubeError, NoAnswer, msgspec.MsgspecError) as error:
            return error
        except Exception as error:  # noqa: BLE001 - one agent that sends nonsense must not end the watches of all others
            return _Nonsense(f"the cluster sent what cannot be read: {error!r}")
        return None

    async def _is_older(self) -> bool:
        """Whether the cluster came back older than it was: a watch would say nothing until its versions have caught up.

        Asked for is a name that nobody has: the answer is empty, and as current as that of a list.
        """
        newest = self._newest
        nobody = Collection(self._collection.path, fields=f"metadata.name={NOBODY}")
        response = checked(await self._transport.request("GET", nobody.query(limit="1")))
        return order(_pages.decode(response.body).metadata.resourceVersion) < newest

    async def _list(self) -> None:
        newest = self._newest
        found: dict[str, Object] = {}
        query = self._collection.query(limit=str(PAGE))
        while True:
            response = checked(await self._transport.request("GET", query))
            page = _pages.decode(response.body)
            found |= {self._name(item): item for item in _items(page)}
            if len(found) > OBJECTS_MOST:
                raise Lost(f"{self._collection.path} has more than {OBJECTS_MOST} objects: watch fewer")
            if not page.metadata.next_page:
                break
            query = self._collection.query(limit=str(PAGE), **{"continue": page.metadata.next_page})
        self.view.replace(found)
        self._version = page.metadata.resourceVersion
        self._reached(newest)
        self._rose()

    def _reached(self, newest: int) -> None:
        """A list that is older than what was known before it is of another past."""
        if order(self._version) < newest:
            self.ages += 1
            self._newest = 0
            self.view.stir()
        self.witness(self._version)

    async def _watch(self) -> None:
        """Follow changes until the server ends the watch, which it does every few minutes."""
        seconds = WATCH_SECONDS + self._random.randrange(60)
        query = self._collection.query(
            watch="true", allowWatchBookmarks="true", resourceVersion=self._version, timeoutSeconds=str(seconds)
        )
        async with self._transport.watch(query) as lines:
            self._rose()
            async for line in lines:
                self._apply(_events.decode(line))

    def _apply(self, event: _Event) -> None:
        if event.type == "ERROR":
            raise error_of_event(msgspec.json.encode(event.object))
        value = event.object
        version = str(_metadata(value)["resourceVersion"])
        if order(version) < order(self._version):
            raise _Nonsense(f"the cluster is at version {version}, which is older than {self._version}")
        if event.type != "BOOKMARK":
            name = self._name(value)
            if event.type == "DELETED":
                self.view.drop(name, value)
            else:
                self.view.put(name, value)
        self._version = version
        self.witness(version)

    def _name(self, value: Object) -> str:
        metadata = _metadata(value)
        metadata.pop("managedFields", None)
        if "/namespaces/" in self._collection.path or "namespace" not in metadata:
            return str(metadata["name"])
        return f"{metadata['namespace']}/{metadata['name']}"

    def _rose(self) -> None:
        if not self.is_synced:
            self.is_synced, self.since, self.failure = True, None, ""
            self._changed.set()
            self.view.stir()

    def _fell(self, error: Exception) -> None:
        """What follows from a failure. A stream that broke was whole up to its break and goes on from there; what
        cannot be read would come again from there, so the collection is listed anew."""
        if isinstance(error, msgspec.MsgspecError | _Nonsense) or (
            isinstance(error, KubeError) and not error.is_passing
        ):
            self._version = ""
        # Once, these are noticed and made good within a moment: nobody needs to hear of them.
        is_blip = self._attempts == 0 and (isinstance(error, Lost) or getattr(error, "is_expired", False))
        self.failure = str(error) or type(error).__name__
        if self.is_synced and not is_blip:
            self.is_synced, self.since = False, self._clock.now()
            self.view.stir()

    async def _pause(self, is_expected: bool) -> None:
        if is_expected and not self._attempts:
            self._attempts = 1
            return
        bound = min(PAUSE_MOST_SECONDS, PAUSE_SECONDS * 2 ** min(self._attempts, 10))
        self._attempts += 1
        seconds = self._random.uniform(0, bound)
        self._nudged.clear()
        async with asyncio.TaskGroup() as group:
            sleeping = group.create_task(self._clock.sleep(seconds))
            nudged = group.create_task(self._nudged.wait())
            await asyncio.wait((sleeping, nudged), return_when=asyncio.FIRST_COMPLETED)
            sleeping.cancel()
            nudged.cancel()


def order(version: str) -> int:
    """A resourceVersion as the number that Kubernetes lets one compare. One that is no number is older than any."""
    return int(version) if version.isascii() and version.isdigit() else 0


def _items(page: _Page) -> list[Object]:
    """The items as a watch would show them: a list leaves out of each what is the same for all."""
    kind = page.kind.removesuffix("List")
    items = page.items or []
    for item in items:
        item.setdefault("apiVersion", page.apiVersion)
        item.setdefault("kind", kind)
    return items


def _metadata(value: Object) -> Object:
    """What every object has; nothing that an agent sends is taken for granted."""
    metadata = value.get("metadata")
    if not isinstance(metadata, dict) or "resourceVersion" not in metadata:
        raise _Nonsense("the cluster sent something that is no object")
    return metadata
