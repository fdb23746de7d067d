"""Whether targets can follow one another as the file says, and whether each gets something to deploy."""

import graphlib

from libs.spec.model import Spec, Target
from libs.spec.problems import Place, Places, Report, path_of, place_of, quoted

_MOST_CYCLES = 10


class TargetRules:
    """Judges one spec; `places` says where its values stand in the file."""

    def __init__(self, spec: Spec, places: Places, report: Report) -> None:
        self._spec = spec
        self._places = places
        self._report = report
        self._numbers = {name: number for number, name in enumerate(spec.targets)}

    def check(self, minimum_timeout_seconds: int) -> None:
        self._check_timeout(minimum_timeout_seconds)
        for name, target in self._spec.targets.items():
            self._check_depends_on(name, target)
        self._check_manifests()
        if order := self._order():
            self._check_rivals(order)

    def _check_timeout(self, minimum_seconds: int) -> None:
        path = path_of("deploymentConfig", "timeout")
        if self._spec.timeout_seconds < minimum_seconds and path in self._places:
            message = f"is {self._spec.timeout_seconds} seconds; at least {minimum_seconds} are needed"
            self._report.error(self._places[path], "out_of_range", message, "write a longer duration")

    def _check_depends_on(self, name: str, target: Target) -> None:
        seen: set[str] = set()
        for index, other in enumerate(target.depends_on):
            place = self._place("targets", name, "constraints", "dependsOn", index)
            if other in seen:
                self._report.error(place, "duplicate_name", f"{quoted(other)} is named twice", "remove one")
            elif other == name:
                self._report.error(place, "cycle", f"{quoted(name)} depends on itself", "remove it")
            elif other and other not in self._spec.targets:
                message = f"{quoted(other)} is not among the targets"
                self._report.error(place, "unknown_name", message, self._report.suggestion(other, self._spec.targets))
            seen.add(other)

    def _check_manifests(self) -> None:
        covered = {name for manifest in self._spec.manifests for name in manifest.targets}
        for name in self._spec.targets:
            if name not in covered and self._spec.manifests:
                place = self._place("targets", name)
                hint = "name it under a manifest's targets"
                self._report.error(place, "no_manifests", "no manifest goes to it", hint)

    def _order(self) -> tuple[str, ...]:
        """Targets after what they depend on; every cycle is reported, and then there is no order."""
        graph = {
            name: {other: None for other in target.depends_on if other in self._spec.targets and other != name}
            for name, target in self._spec.targets.items()
        }
        for cut in range(_MOST_CYCLES):
            try:
                order = tuple(graphlib.TopologicalSorter(graph).static_order())
            except graphlib.CycleError as error:
                self._cut(graph, list(reversed(error.args[1]))[:-1])
            else:
                return order if cut == 0 else ()
        return ()

    def _cut(self, graph: dict[str, dict[str, None]], cycle: list[str]) -> None:
        """Reports a cycle from its first target in the file, and cuts it there to find the next."""
        first = cycle.index(min(cycle, key=self._numbers.__getitem__))
        cycle = cycle[first:] + cycle[:first]
        name, other = cycle[0], cycle[1]
        del graph[name][other]
        index = self._spec.targets[name].depends_on.index(other)
        place = self._place("targets", name, "constraints", "dependsOn", index)
        shown = " -> ".join([*cycle, name])
        self._report.error(place, "cycle", f"makes a cycle: {_cropped(shown)}", "remove one of these")

    def _check_rivals(self, order: tuple[str, ...]) -> None:
        """Targets of one place must follow one another: in an order, only neighbours need to be compared."""
        before = self._before(order)
        numbers = {name: number for number, name in enumerate(order)}
        last: dict[tuple[str, str], str] = {}
        for name in order:
            target = self._spec.targets[name]
            pair = (target.account, target.namespace)
            other = last.get(pair) if target.account else None
            if other is not None and not before[name] >> numbers[other] & 1:
                self._warn_of_rivals(name, other)
            last[pair] = name

    def _before(self, order: tuple[str, ...]) -> dict[str, int]:
        """For each target, all it waits for, as one bit each: sets of thousands of names would grow with the square."""
        numbers = {name: number for number, name in enumerate(order)}
        before: dict[str, int] = {}
        for name in order:
            bits = 0
            for other in self._spec.targets[name].depends_on:
                if other in before:
                    bits |= before[other] | 1 << numbers[other]
            before[name] = bits
        return before

    def _warn_of_rivals(self, name: str, other: str) -> None:
        first, second = sorted((name, other), key=self._numbers.__getitem__)
        message = f"goes to the same account and namespace as {quoted(first)}, in no order"
        self._report.warn(self._place("targets", second), "rivals", message, "let one depend on the other")

    def _place(self, *keys: str | int) -> Place:
        path = path_of(*keys)
        return place_of(self._places, path)


def _cropped(text: str) -> str:
    return text if len(text) <= 300 else text[:300] + " …"
