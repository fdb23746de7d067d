"""What a CI system does when a release calls it: take the call, run the suite, call back with a token of its own.

    fairlead credential create ci --role deployer      # prints CLIENT_ID and CLIENT_SECRET
    CLIENT_ID=… CLIENT_SECRET=… TOKEN_URL=http://…/oauth/token python examples/webhook/jobs.py 8085

It pretends: the suite `smoke` passes, every other one finds something.
"""

import json
import os
import sys
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SUITE_SECONDS = 1.5
MOST_BYTES = 64 * 1024


class Jobs(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer at once; what the suite finds is told later, at the address that the call names."""
        length = min(int(self.headers.get("Content-Length", 0)), MOST_BYTES)
        call = json.loads(self.rfile.read(length))
        suite = self.path.rsplit("/", 1)[-1]
        threading.Thread(target=run, args=(suite, call["version"], call["callback"])).start()
        self.send_response(202)
        self.end_headers()


def run(suite: str, version: str, callback: str) -> None:
    time.sleep(SUITE_SECONDS)
    found = "41 of 41 passed" if suite == "smoke" else "38 of 41 passed, the basket is slow"
    outcome = {"success": suite == "smoke", "mdMessage": f"suite {suite}: {found}"}
    post(callback, json.dumps(outcome).encode(), "application/json", {"Authorization": f"Bearer {token()}"})
    sys.stderr.write(f"{version}: {outcome}\n")


def token() -> str:
    """A new one each time: a job may take longer than a token counts."""
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["CLIENT_ID"],
        "client_secret": os.environ["CLIENT_SECRET"],
    }
    answer = post(os.environ["TOKEN_URL"], urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded")
    return str(json.loads(answer)["access_token"])


def post(url: str, body: bytes, kind: str, headers: dict[str, str] | None = None) -> bytes:
    request = urllib.request.Request(url, body, {"Content-Type": kind, **(headers or {})})
    with urllib.request.urlopen(request, timeout=10) as response:
        return bytes(response.read())


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Jobs).serve_forever()
