import asyncio

import msgspec

from sandbox.api.wire import Request
from tests.unit.sandbox.conftest import PATHS, Client
from tests.unit.sandbox.objects import a_config_map


async def some(client: Client, count: int) -> None:
    for number in range(count):
        value = a_config_map(f"c{number}")
        value["metadata"]["labels"] = {"odd": str(number % 2)}
        await client.create(value)


async def test_list_is_selected_by_labels(client: Client) -> None:
    await some(client, 4)
    found = await client.items("ConfigMap", "labelSelector=odd==1")
    assert [item["metadata"]["name"] for item in found] == ["c1", "c3"]


async def test_list_goes_on_where_it_stopped(client: Client) -> None:
    await some(client, 5)
    _, first = await client.ask("GET", f"{PATHS['ConfigMap']}?limit=2")
    token = first["metadata"]["continue"]
    _, second = await client.ask("GET", f"{PATHS['ConfigMap']}?limit=10&continue={token}")
    names = [item["metadata"]["name"] for page in (first, second) for item in page["items"]]
    assert (names, first["metadata"]["remainingItemCount"]) == (["c0", "c1", "c2", "c3", "c4"], 3)


async def test_old_page_has_expired(client: Client) -> None:
    await some(client, 3)
    _, page = await client.ask("GET", f"{PATHS['ConfigMap']}?limit=1")
    for number in range(60):
        await client.patch("merge", "ConfigMap", "c0", {"data": {"a": str(number)}})
    code, status = await client.ask("GET", f"{PATHS['ConfigMap']}?continue={page['metadata']['continue']}")
    assert (code, status["reason"]) == (410, "Expired")


async def test_items_leave_out_their_kind(client: Client) -> None:
    await some(client, 1)
    [item] = await client.items("ConfigMap")
    assert "kind" not in item


async def test_watch_tells_what_comes(client: Client) -> None:
    watching = await client.watch(PATHS["ConfigMap"])
    await some(client, 2)
    frames = await watching.read()
    await client.delete("ConfigMap", "c0")
    frames += await watching.read()
    assert [(frame["type"], frame["object"]["metadata"]["name"]) for frame in frames] == [
        ("ADDED", "c0"),
        ("ADDED", "c1"),
        ("DELETED", "c0"),
    ]


async def test_watch_resumes_after_a_revision(client: Client) -> None:
    await some(client, 1)
    _, listed = await client.ask("GET", PATHS["ConfigMap"])
    await client.patch("merge", "ConfigMap", "c0", {"data": {"a": "1"}})
    watching = await client.watch(f"{PATHS['ConfigMap']}?resourceVersion={listed['metadata']['resourceVersion']}")
    assert [frame["type"] for frame in await watching.read()] == ["MODIFIED"]
    await watching.close()


async def test_watch_from_long_ago_has_expired(client: Client) -> None:
    await some(client, 1)
    for number in range(60):
        await client.patch("merge", "ConfigMap", "c0", {"data": {"a": str(number)}})
    [frame] = await (await client.watch(f"{PATHS['ConfigMap']}?resourceVersion=1")).read()
    assert (frame["type"], frame["object"]["code"], frame["object"]["reason"]) == ("ERROR", 410, "Expired")


async def test_object_that_stops_matching_is_gone_for_the_watcher(client: Client) -> None:
    await some(client, 1)
    watching = await client.watch(f"{PATHS['ConfigMap']}?labelSelector=odd==0")
    await watching.read()
    await client.patch("merge", "ConfigMap", "c0", {"metadata": {"labels": {"odd": "1"}}})
    assert [frame["type"] for frame in await watching.read()] == ["DELETED"]
    await watching.close()


async def test_watch_ends_when_its_time_is_over(client: Client) -> None:
    watching = await client.watch(f"{PATHS['ConfigMap']}?timeoutSeconds=30&allowWatchBookmarks=true")
    rest = asyncio.create_task(watching.rest())
    await client.later(31)
    assert [frame["type"] for frame in await rest] == ["BOOKMARK", "BOOKMARK"]


async def test_streamed_list_ends_with_a_bookmark(client: Client) -> None:
    await some(client, 1)
    watching = await client.watch(f"{PATHS['ConfigMap']}?sendInitialEvents=true&allowWatchBookmarks=true")
    first, mark = await watching.read()
    assert (first["type"], mark["type"]) == ("ADDED", "BOOKMARK")
    assert mark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    await watching.close()


async def test_slow_watcher_is_cut(client: Client) -> None:
    await some(client, 1)
    watching = await client.watch(PATHS["ConfigMap"])
    await watching.read()
    rest = asyncio.create_task(watching.rest())
    await asyncio.sleep(0)
    for number in range(5000):
        await client.patch("merge", "ConfigMap", "c0", {"data": {"a": str(number)}})
    assert len(await rest) <= 4097


async def test_table_has_a_row_for_each_object(client: Client) -> None:
    await some(client, 2)
    headers = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
    response = await client.api.handle(Request(method="GET", path=PATHS["ConfigMap"], headers=headers))
    table = msgspec.json.decode(response.body)
    assert [row["cells"][:2] for row in table["rows"]] == [["c0", 0], ["c1", 0]]
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Data", "Age"]
