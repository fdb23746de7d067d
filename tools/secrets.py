"""Make the secrets of an installation, once, as files: `python -m tools.secrets FOLDER [--agent NAME] [--host NAME]`.

What exists stays as it is. Keep the folder out of version control; compose.yaml and the overlays in k8s/ read it.
"""

import argparse
import base64
import secrets
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from libs.runtime.certificates import LOCAL, ensure_certificates
from tools.natsusers import USERS

GATEWAYS = ("gateway", "fairlead-gateway", "fairlead-gateway.fairlead.svc")
NODES = tuple(f"fairlead-nats-{number}.fairlead-nats" for number in range(3))
BROKERS = ("nats", "fairlead-nats", "fairlead-nats.fairlead.svc", *NODES)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.secrets", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--agent", action="append", help="an agent to register; may be given several times")
    parser.add_argument("--host", action="append", default=[], help="another name or address that agents dial")
    told = parser.parse_args(arguments)
    for path in make(told.folder, told.agent or ["trial"], told.host):
        sys.stdout.write(f"{path}\n")
    return 0


def make(folder: Path, agents: Sequence[str], hosts: Sequence[str] = ()) -> list[Path]:
    """Every file of the folder. Containers' users read what is mounted; the folder itself opens for its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path, content in _texts(folder, agents):
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_text(content)
    (folder / "releases" / "main").mkdir(parents=True, exist_ok=True)
    # A password is read by the server as configuration: one that begins with a digit could pass for a number.
    users = [f"NATS_PASSWORD_{name.upper()}={(folder / f'nats-{name}').read_text().strip()}\n" for name in USERS]
    (folder / "nats.env").write_text("".join(users))
    for place, names in (("gateway", GATEWAYS), ("nats", BROKERS)):
        ensure_certificates(folder / place, datetime.now(UTC), (*LOCAL, *names, *hosts))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        path.chmod(0o600 if path.name == "ca-key.pem" else 0o644)
    return files


def _texts(folder: Path, agents: Sequence[str]) -> Iterator[tuple[Path, str]]:
    yield folder / "sealing-key", base64.b64encode(secrets.token_bytes(32)).decode()
    for user in USERS:
        yield folder / f"nats-{user}", f"p{secrets.token_hex(24)}"
    for client in ("machine.main.admin", *(f"agent.main.{agent}" for agent in agents)):
        yield folder / "clients" / client, secrets.token_urlsafe(32)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
