"""The whole story, on sandboxes of its own or on a cluster that somebody names."""

import asyncio
import shutil
import signal
import tempfile
from pathlib import Path

from cli import interruption
from cli.demo.beside import Neighbours
from cli.demo.chapters import analysis, bluegreen, canary, clusters, installation, webhook
from cli.demo.place import Place, Real, Sandboxes
from cli.demo.real import borrowed
from cli.demo.teller import Teller, title
from cli.demo.wish import Wish
from cli.exits import Exit, Stop
from cli.local.plan import Outside
from cli.local.stack import Running, running
from cli.options import Options
from cli.output import Output
from cli.server.client import connected


def demo(options: Options, wish: Wish) -> int:
    output = Output(options)
    _end_in_order()
    if wish.kubeconfig is None:
        if wish.context:
            raise Stop(Exit.WRONG, f"the context {wish.context} of which kubeconfig?", "name it: --kubeconfig FILE")
        return _played(options, output, keep=wish.keep)
    with borrowed(output, wish) as outside:
        return _played(options, output, keep=wish.keep, outside=outside)


def _played(options: Options, output: Output, *, keep: bool, outside: Outside | None = None) -> int:
    folder = Path(tempfile.mkdtemp(prefix="fairlead-demo-"))
    try:
        interruption.run(_play(options, output, folder, outside))
    except Stop:
        keep = True
        raise
    except KeyboardInterrupt:
        raise Stop(Exit.INTERRUPTED, "interrupted; everything that the demonstration started is stopped") from None
    finally:
        _leave(output, folder, keep=keep, is_whole=outside is None)
    return Exit.DONE


def _end_in_order() -> None:
    """Whoever ends it, what it made is taken away again."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))


def _leave(output: Output, folder: Path, *, keep: bool, is_whole: bool) -> None:
    """`is_whole`: whether everything that was played on is in the folder."""
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
        return
    again = f"; FAIRLEAD_STATE_DIR={folder} fairlead up goes on from here" if is_whole else ""
    output.note(f"kept: {folder} (logs in {folder}/logs){again}")


async def _play(options: Options, output: Output, folder: Path, outside: Outside | None) -> None:
    began = asyncio.get_running_loop().time()
    what = "one agent for your cluster" if outside else "two pretend clusters and an agent in each"
    title(output, f"Starting NATS, the services, {what}")
    async with running(folder, output.note, outside=outside) as started:
        theirs = Options(server=started.up.server, token=started.up.token, no_color=options.no_color)
        async with connected(theirs, output) as client:
            teller = Teller(client, output, _place(started, outside))
            if outside:
                output.line("These are copies of the examples, with targets in your cluster:")
                teller.enter(folder)
            await _tell(teller, Neighbours(output, folder), _token_url(started))
    seconds = asyncio.get_running_loop().time() - began
    output.line(f"\nEverything was as told, in {seconds:.0f} s. Run it yourself: fairlead up")


async def _tell(teller: Teller, neighbours: Neighbours, token_url: str) -> None:
    async with analysis.collected(neighbours) as figures:
        await canary.first(teller)
        await canary.careful(teller)
        await canary.broken(teller)
        keys = await installation.configured(teller, figures, token_url)
        await bluegreen.side_by_side(teller, keys)
        await webhook.tested(teller, neighbours, keys)
        await analysis.measured(teller, figures)
        await clusters.as_they_are(teller)


def _place(started: Running, outside: Outside | None) -> Place:
    machine = started.machine
    if outside is None:
        return Sandboxes({name: f"http://127.0.0.1:{machine.ports[name]}" for name in machine.sandboxes})
    return Real.with_copies(outside, machine.layout.folder / "examples")


def _token_url(started: Running) -> str:
    bootstrap = started.machine.layout.read_bootstrap()
    assert bootstrap is not None, "what runs has written it down"
    return f"{bootstrap.issuer.rstrip('/')}/oauth/token"
