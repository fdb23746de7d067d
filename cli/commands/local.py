"""Commands that run something on this machine: everything, a demonstration, one sandbox cluster."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.demo.wish import AS_EVER, Wish
from cli.exits import Exit
from cli.options import DEFAULTS, NEARBY, Nearby, Options


def up(
    *,
    accept_store: Annotated[
        bool, Parameter(negative="", help="Go on with what NATS holds now, though more was seen.")
    ] = False,
    options: Nearby = NEARBY,
) -> int:
    from cli.local.up import up

    return up(options, accept_store=accept_store)


def doctor(*, options: Options = DEFAULTS) -> int:
    from cli.commands.running import run
    from cli.server.doctor import examine

    return run(options, examine)


def demo(*, wish: Wish = AS_EVER, options: Nearby = NEARBY) -> int:
    from cli.demo.play import demo

    return demo(options, wish)


def sandbox(
    *,
    port: Annotated[int, Parameter(help="Port to listen on; 0 takes a free one.")] = 0,
    kubeconfig: Annotated[Path | None, Parameter(help="File to write a kubeconfig to.")] = None,
    nodes: Annotated[int, Parameter(help="How many nodes the cluster has.")] = 3,
    seed: Annotated[int, Parameter(help="The same seed and requests make the same objects.")] = 0,
) -> int:
    from sandbox.__main__ import main

    arguments = ["--port", str(port), "--nodes", str(nodes), "--seed", str(seed)]
    main([*arguments, *(["--kubeconfig", str(kubeconfig)] if kubeconfig else [])])
    return Exit.DONE
