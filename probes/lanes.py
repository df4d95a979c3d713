"""One libcurl multi handle of a transfer loop: its sockets in the loop's epoll, and its timer.

May be changed: how libcurl is driven. A loop has several lanes because each has resolver threads of its own: look-ups
that hang in one cannot hold up another.
"""

import select
from typing import Any, Final

import pycurl

from probes.clock import Clock

_INPUT: Final = select.EPOLLIN | select.EPOLLHUP


class Lane:
    """`watched` says which lane a descriptor belongs to; all lanes of a loop share it. `due`: libcurl's next timer."""

    def __init__(self, epoll: select.epoll, watched: "dict[int, Lane]", clock: Clock) -> None:
        self.due: float | None = None
        self.multi = pycurl.CurlMulti()
        self._epoll = epoll
        self._watched = watched
        self._clock = clock
        self.multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self.multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

    def on_event(self, fd: int, events: int) -> None:
        action = pycurl.CSELECT_IN if events & _INPUT else 0
        action |= pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0
        action |= pycurl.CSELECT_ERR if events & select.EPOLLERR else 0
        self.multi.socket_action(fd, action)

    def run_timer(self, now: float) -> None:
        if self.due is not None and self.due <= now:
            self.due = None
            self.multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def ended(self) -> list[tuple[Any, int, str]]:
        """Transfers that have come to an end: handle, curl code and curl's message."""
        found: list[tuple[Any, int, str]] = []
        queued, good, bad = self.multi.info_read()
        while queued or good or bad:
            found += [(easy, pycurl.E_OK, "") for easy in good]
            found += bad
            queued, good, bad = self.multi.info_read()
        return found

    def _on_timer(self, wait_ms: int) -> None:
        self.due = None if wait_ms < 0 else self._clock.monotonic() + wait_ms / 1000

    def _on_socket(self, what: int, fd: int, _multi: Any, _data: Any) -> None:
        if what == pycurl.POLL_REMOVE:
            if self._watched.pop(fd, None) is not None:
                self._forget(fd)
            return
        events = select.EPOLLIN if what & pycurl.POLL_IN else 0
        events |= select.EPOLLOUT if what & pycurl.POLL_OUT else 0
        if fd in self._watched:
            self._epoll.modify(fd, events)
        else:
            self._epoll.register(fd, events)
        self._watched[fd] = self

    def _forget(self, fd: int) -> None:
        try:
            self._epoll.unregister(fd)
        except OSError:  # libcurl closed it first, and the kernel has dropped it already
            return
