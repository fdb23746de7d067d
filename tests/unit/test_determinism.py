"""What makes one seed one run: no clock, chance or thread but the ports', and no order that comes from addresses.

A set of texts or of objects is gone through in another order by every process; what must have an order is kept in a
dictionary or a list, or sorted. Read from the source: this is a lint that knows our own rules.
"""

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("libs", "services", "agent")

ADAPTERS = {
    "libs/runtime/clock.py": "the ports themselves",
    "libs/runtime/json_keys.py": "a thread for what is large and pure",
    "libs/auth/clients.py": "a thread for hashing a secret",
    "libs/runtime/port.py": "ports of processes that are about to start; no simulation has one",
    "libs/store/sentry.py": "a thread for a file; no simulation has one",
    "services/identity/check.py": "threads for hashing secrets",
    "services/intake/accepting/starting.py": "a thread for what is large and pure",
    "services/planner/handlers.py": "a thread for what is large and pure",
}

REAL_ONLY = {"libs/bus/connection.py": "who is woken when a real server comes or goes; no simulation has one"}

OUTSIDE = {
    "hash", "input",
    "asyncio.to_thread", "loop.run_in_executor", "threading.Thread", "ThreadPoolExecutor", "ProcessPoolExecutor",
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    "time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.sleep",
    "os.urandom", "secrets.token_bytes", "secrets.token_hex", "secrets.token_urlsafe", "secrets.choice",
    "random.Random", "random.SystemRandom", "random.random", "random.choice", "random.randint", "random.randbytes",
    "random.shuffle", "random.uniform", "Random", "SystemRandom",
    "uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4",
}  # fmt: skip
"""Calls that ask the system for what a port gives."""

ORDERLESS = {"all", "any", "frozenset", "len", "max", "min", "set", "sorted", "sum", "Counter"}
ORDERLESS_METHODS = {"difference", "intersection", "intersection_update", "issubset", "issuperset", "union", "update"}
"""To whom the order of what they are given makes no difference."""

ORDERED = {"enumerate", "filter", "iter", "list", "map", "next", "tuple", "zip"}


def trees() -> list[tuple[str, ast.Module]]:
    paths = chain.from_iterable(sorted((ROOT / folder).rglob("*.py")) for folder in FOLDERS)
    return [(str(path.relative_to(ROOT)), ast.parse(path.read_text())) for path in paths]


def outside(tree: ast.AST) -> Iterator[str]:
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import))
    imported = {alias.asname or alias.name for one in imports for alias in one.names}
    for node in ast.walk(tree):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        # A port that is called `random` is what we want.
        if called in OUTSIDE and (not called.startswith("random.") or "random" in imported):
            yield called


def disorder(tree: ast.Module) -> Iterator[str]:
    """Where a set is gone through by somebody who minds the order."""
    attributes = _sets(node for node in ast.walk(tree) if isinstance(_target(node), ast.Attribute))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:
        sets = attributes | _sets(ast.walk(function))
        free = {id(given) for node in ast.walk(function) for given in _given_freely(node)}
        for node in ast.walk(function):
            if id(node) not in free:
                yield from (f"{one.lineno}: {ast.unparse(one)}" for one in _gone_through(node) if _is_set(one, sets))


def _given_freely(node: ast.AST) -> list[ast.expr]:
    if not isinstance(node, ast.Call):
        return []
    named = isinstance(node.func, ast.Name) and node.func.id in ORDERLESS
    method = isinstance(node.func, ast.Attribute) and node.func.attr in ORDERLESS_METHODS
    return [*node.args, *(one.value for one in node.args if isinstance(one, ast.Starred))] if named or method else []


def _gone_through(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.For(iter=through) | ast.AsyncFor(iter=through) | ast.Starred(value=through):
            return [through]
        case ast.ListComp(generators=generators) | ast.GeneratorExp(generators=generators):
            return [generator.iter for generator in generators]
        case ast.DictComp(generators=generators):
            return [generator.iter for generator in generators]
        case ast.Call(func=ast.Name(id=name), args=[*_, last]) if name in ORDERED:
            return [last]
        case ast.Call(func=ast.Attribute(attr="join"), args=[joined]):
            return [joined]
        case ast.Call(func=ast.Attribute(value=popped, attr="pop"), args=[]):
            return [popped]
        case _:
            return []


def _is_set(node: ast.expr, sets: set[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")) | ast.Call(func=ast.Subscript(value=ast.Name(id="set"))):
            return True
        case ast.Call(func=ast.Attribute(attr="union" | "intersection" | "difference")):
            return True
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), right=right):
            return _is_set(left, sets) or _is_set(right, sets)
        case _:
            return ast.unparse(node) in sets


def _sets(nodes: Iterator[ast.AST]) -> set[str]:
    """What is declared, or made, a set."""
    return {name for node in nodes if (name := _set_named(node))}


def _set_named(node: ast.AST) -> str:
    match node:
        case ast.AnnAssign(target=target, annotation=kind) if _is_set_kind(kind):
            return ast.unparse(target)
        case ast.arg(arg=name, annotation=ast.expr() as kind) if _is_set_kind(kind):
            return name
        case ast.Assign(targets=[target], value=value) if _is_set(value, set()):
            return ast.unparse(target)
        case _:
            return ""


def _target(node: ast.AST) -> ast.expr | None:
    match node:
        case ast.AnnAssign(target=target) | ast.Assign(targets=[target]):
            return target
        case _:
            return None


def _is_set_kind(kind: ast.expr) -> bool:
    return ast.unparse(kind).startswith(("set[", "frozenset[", "AbstractSet[", "Set["))


def test_only_adapters_ask_the_system() -> None:
    asked = {path: list(outside(tree)) for path, tree in trees() if path not in ADAPTERS}
    assert {path: calls for path, calls in asked.items() if calls} == {}


def test_every_adapter_asks_for_something() -> None:
    assert all(list(outside(tree)) for path, tree in trees() if path in ADAPTERS)


def test_no_order_comes_from_addresses() -> None:
    found = {path: list(disorder(tree)) for path, tree in trees() if path not in REAL_ONLY}
    assert {path: places for path, places in found.items() if places} == {}


@pytest.mark.parametrize(
    "line",
    [
        "for one in {1, 2}: print(one)",
        "for one in kept: print(one)",
        "for one in kept - {1}: print(one)",
        "made = {one for one in kept}; print(list(made))",
        "return [one for one in self.held]",
        "return {one: 1 for one in self.held}",
        "return ', '.join(kept)",
        "return self.held.pop()",
        "print(*kept)",
    ],
)
def test_disorder_is_found(line: str) -> None:
    lines = [
        "class Some:",
        " def __init__(self): self.held: set[str] = set()",
        " def go(self, kept: frozenset[str]):",
        f"  {line}",
    ]
    assert len(list(disorder(ast.parse("\n".join(lines))))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "return sorted(kept)",
        "return sorted(one for one in kept)",
        "return any(one for one in kept)",
        "return {one for one in kept}",
        "return kept.union(*kept)",
        "return [one for one in given if one in kept]",
    ],
)
def test_order_is_not_missed_where_none_is(line: str) -> None:
    assert not list(disorder(ast.parse(f"def go(kept: frozenset[str], given: list[str]): {line}")))
