"""A cluster that somebody lends for the demonstration: two namespaces are made in it, and taken away again."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from cli.demo.kubectl import Kubectl
from cli.demo.place import NAMESPACES
from cli.demo.wish import Wish
from cli.exits import Exit, Stop
from cli.local.plan import Outside
from cli.output import Output


@contextmanager
def borrowed(output: Output, wish: Wish) -> Iterator[Outside]:
    """The cluster while entered; afterwards nothing of the demonstration is left in it."""
    assert wish.kubeconfig is not None, "asked for only where there is one"
    if not wish.kubeconfig.is_file():
        raise Stop(Exit.WRONG, f"{wish.kubeconfig} is not a file", "name a kubeconfig")
    outside = Outside(wish.kubeconfig.absolute(), wish.context, tuple(NAMESPACES.values()))
    kubectl = Kubectl(outside)
    _agree(output, kubectl, wish)
    with ExitStack() as made:
        for namespace in outside.namespaces:
            _create(kubectl, namespace)
            made.callback(_delete, output, kubectl, namespace)
        yield outside


def _agree(output: Output, kubectl: Kubectl, wish: Wish) -> None:
    context, server = kubectl.where()
    output.line(
        f"This plays on the cluster at {server} (context {context}).\n"
        f"It makes the namespaces {' and '.join(NAMESPACES.values())} there,\n"
        "in them up to 16 small pods of docker.io/nginxinc/nginx-unprivileged with Services and ConfigMaps,\n"
        "and deletes both namespaces at the end. The agent runs on this machine and may touch nothing else."
    )
    if wish.yes:
        return
    if not sys.stdin.isatty():
        raise Stop(Exit.WRONG, "nobody can be asked whether that is right", "--yes says so")
    try:
        said = input("Go on? [y/N] ").strip().lower()
    except EOFError:
        said = ""
    if said not in ("y", "yes"):
        raise Stop(Exit.FAILED, "nothing was made")


def _create(kubectl: Kubectl, namespace: str) -> None:
    try:
        kubectl.create(namespace)
    except Stop as stop:
        left = f"if a demonstration that was killed has left it: kubectl delete namespace {namespace}"
        raise Stop(stop.code, f"the namespace {namespace} cannot be made", *stop.hints, left) from stop


def _delete(output: Output, kubectl: Kubectl, namespace: str) -> None:
    output.note(f"deleting the namespace {namespace} …")
    try:
        kubectl.delete(namespace)
    except Stop as stop:
        output.note(f"{stop.message}; delete it by hand: kubectl delete namespace {namespace}", "red")
