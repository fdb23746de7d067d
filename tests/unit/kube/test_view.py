"""Who is woken by what."""

import asyncio
from typing import Any

from libs.kube.view import View, Wake, by_name


def an_object(name: str, version: int = 1, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": str(version), "labels": labels}}


def by_app(value: dict[str, Any]) -> tuple[str, ...]:
    return (value["metadata"]["labels"]["app"],)


async def changed(wake: Wake) -> frozenset[str]:
    async with asyncio.timeout(20):
        return await wake.wait()


async def sleeps(wake: Wake) -> bool:
    try:
        await asyncio.wait_for(wake.wait(), 0.01)
    except TimeoutError:
        return True
    return False


async def test_only_who_cares_is_woken() -> None:
    view = View()
    with view.follow("web") as web, view.follow("db") as db:
        view.put("web", an_object("web"))
        assert await changed(web) == {"web"}
        assert await sleeps(db)


async def test_changes_are_gathered() -> None:
    view = View(by_app)
    with view.follow("shop") as wake:
        for name in ("a", "b", "a"):
            view.put(name, an_object(name, app="shop"))
        assert await changed(wake) == {"a", "b"}
        assert await sleeps(wake)


async def test_unchanged_object_wakes_nobody() -> None:
    view = View()
    view.put("web", an_object("web", 4))
    with view.follow("web") as wake:
        view.replace({"web": an_object("web", 4)})
        assert await sleeps(wake)


async def test_list_wakes_for_what_went() -> None:
    view = View()
    view.put("web", an_object("web"))
    with view.follow("web") as wake:
        view.replace({})
        assert await changed(wake) == {"web"}
    assert view.objects == {}


async def test_relabelled_object_wakes_both_sides() -> None:
    view = View(by_app)
    view.put("a", an_object("a", 1, app="old"))
    with view.follow("old") as old, view.follow("new") as new:
        view.put("a", an_object("a", 2, app="new"))
        assert await changed(old) == await changed(new) == {"a"}


async def test_own_state_wakes_everybody() -> None:
    view = View()
    with view.follow("web") as web, view.follow() as everything:
        view.stir()
        assert (await changed(web), await changed(everything)) == (frozenset(), frozenset())


async def test_left_follower_is_forgotten() -> None:
    view = View()
    with view.follow("web"):
        pass
    assert view._followers == {}


def test_objects_are_found_by_group() -> None:
    view = View(by_name, lambda value: value["metadata"]["labels"].get("app"))
    view.put("a", an_object("a", app="shop"))
    view.put("b", an_object("b", app="shop"))
    view.put("c", an_object("c", app="blog"))
    assert set(view.grouped("shop")) == {"a", "b"}
    view.put("a", an_object("a", 2, app="blog"))
    view.drop("b")
    assert not view.grouped("shop")
    assert set(view.grouped("blog")) == {"a", "c"}


def test_a_group_shows_the_newest_version() -> None:
    view = View(group=lambda _: "all")
    view.put("a", an_object("a", 1))
    view.put("a", an_object("a", 2))
    assert [value["metadata"]["resourceVersion"] for value in view.grouped("all").values()] == ["2"]
