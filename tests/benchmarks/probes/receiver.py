"""A control room that only keeps what agents deliver: each batch one line of JSON in a file. python receiver.py PORT FILE

May be changed: what is answered. It must stay light: it shares a core with the target whose delays are the measure.
"""

import gzip
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import BinaryIO


class Receiver(BaseHTTPRequestHandler):
    """Answers every batch with a receipt for all of its samples."""

    file: BinaryIO

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        self.file.write(body + b"\n")
        self.file.flush()
        receipt = b'{"stored":%d,"doubled":0}' % body.count(b'"seq":')
        self.send_response(200)
        self.send_header("Content-Length", str(len(receipt)))
        self.end_headers()
        self.wfile.write(receipt)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


def main() -> None:
    with Path(sys.argv[2]).open("ab") as Receiver.file:
        HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()


if __name__ == "__main__":
    main()
