"""The demo's ports: the usual ones, or free ones where those are taken; held until the process that needs one starts."""

import socket

USUAL = {"web": 8600, "registry": 8601, "metrics": 8602, "mail_page": 8603, "anchor": 8604, "smtp": 8605}


class Ports:
    """One port a purpose. A held port is listened on, so that nobody else takes it; `release` it right before its user starts."""

    def __init__(self) -> None:
        self._held = {name: _listening(port) for name, port in USUAL.items()}
        self._numbers = {name: int(listener.getsockname()[1]) for name, listener in self._held.items()}

    def __getitem__(self, name: str) -> int:
        return self._numbers[name]

    def release(self, *names: str) -> None:
        """Let go of these ports, or of all."""
        for name in names or tuple(self._held):
            listener = self._held.pop(name, None)
            if listener is not None:
                listener.close()


def _listening(port: int) -> socket.socket:
    for wanted in (port, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", wanted))
            listener.listen()
        except OSError:
            listener.close()
            continue
        return listener
    raise RuntimeError("no free port on 127.0.0.1")
