"""Figures of a shop that nobody visits, for Prometheus to collect: of release 5 few requests fail, of release 6 many.

python examples/analysis/figures.py 9101
"""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count

REQUESTS_A_LOOK = 200
FAILED_SHARE = {"5": 0.004, "6": 0.08}
LOOKS = count(1)


class Figures(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(page(next(LOOKS)).encode())

    def log_message(self, *_: object) -> None:
        """Once a second is too often for a log."""


def page(looks: int) -> str:
    lines = ["# TYPE requests_total counter"]
    for release, share in FAILED_SHARE.items():
        for code, part in (("200", 1 - share), ("500", share)):
            total = REQUESTS_A_LOOK * part * looks
            lines.append(f'requests_total{{release="{release}",code="{code}"}} {total:.1f}')
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Figures).serve_forever()
