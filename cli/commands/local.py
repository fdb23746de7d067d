"""Commands that run something on this machine: everything, a demonstration, one sandbox cluster."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.demo.wish import AS_EVER, Wish
from cli.exits import Exit
from cli.options import DEFAULTS, Options


def up(*, options: Options = DEFAULTS) -> int:
    """Run everything on this machine: NATS, all services, two sandbox clusters and their agents.

    Everything is kept in the state folder ($FAIRLEAD_STATE_DIR, else .fairlead); started again, it goes on.

    Example: fairlead up
    """
    from cli.local.up import up

    return up(options)


def doctor(*, options: Options = DEFAULTS) -> int:
    """Check the server, the token, the clocks and the agents; each line says ok, or what to do.

    Example: fairlead doctor
    """
    from cli.commands.running import run
    from cli.server.doctor import examine

    return run(options, examine)


def demo(*, wish: Wish = AS_EVER, options: Options = DEFAULTS) -> int:
    """Show releases as a story: a canary, an approval, blue/green, tests and figures that decide, and ways back.

    Example: fairlead demo
    """
    from cli.demo.play import demo

    return demo(options, wish)


def sandbox(
    *,
    port: Annotated[int, Parameter(help="Port to listen on; 0 takes a free one.")] = 0,
    kubeconfig: Annotated[Path | None, Parameter(help="File to write a kubeconfig to.")] = None,
    nodes: Annotated[int, Parameter(help="How many nodes the cluster has.")] = 3,
    seed: Annotated[int, Parameter(help="The same seed and requests make the same objects.")] = 0,
) -> int:
    """Run one pretend Kubernetes cluster in the foreground, for kubectl or any other client.

    Example: fairlead sandbox --port 8001 --kubeconfig sandbox.kubeconfig
    """
    from sandbox.__main__ import main

    arguments = ["--port", str(port), "--nodes", str(nodes), "--seed", str(seed)]
    main([*arguments, *(["--kubeconfig", str(kubeconfig)] if kubeconfig else [])])
    return Exit.DONE
