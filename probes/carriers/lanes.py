"""One libcurl multi handle of a transfer loop: its sockets in the loop's epoll, and its timer.

May be changed: how libcurl is driven. A loop has several lanes because each has resolver threads of its own: look-ups
that hang in one cannot hold up another.
"""

import select
from typing import Any, Final, Protocol

import pycurl

from probes.clock import Clock

_INPUT: Final = select.EPOLLIN | select.EPOLLHUP


class Watcher(Protocol):
    """Is told what happens at the descriptors it watches; in the loop's thread."""

    def on_event(self, fd: int, events: int) -> None: ...


class Lane:
    """`watched` says which lane a descriptor belongs to; all lanes of a loop share it.

    `due`: libcurl's next timer, in monotonic seconds; `some_ended`: there is something to be had from `ended`.
    """

    def __init__(self, epoll: select.epoll, watched: dict[int, Watcher], clock: Clock) -> None:
        self.due: float | None = None
        self.multi = pycurl.CurlMulti()
        self.some_ended = False
        self._count = 0
        self._epoll = epoll
        self._watched = watched
        self._clock = clock
        self.multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_NOTHING)  # no two requests over one connection at a time
        self.multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self.multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

    def add(self, easy: Any) -> None:
        """Begin a transfer; libcurl asks for a timer that is due at once."""
        self._count += 1
        self.multi.add_handle(easy)

    def remove(self, easy: Any) -> None:
        self._count -= 1
        self.multi.remove_handle(easy)

    def on_event(self, fd: int, events: int) -> None:
        action = pycurl.CSELECT_IN if events & _INPUT else 0
        action |= pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0
        action |= pycurl.CSELECT_ERR if events & select.EPOLLERR else 0
        self._act(fd, action)

    def run_timer(self) -> None:
        """Tell libcurl that `due` has come."""
        self.due = None
        self._act(pycurl.SOCKET_TIMEOUT, 0)

    def ended(self) -> list[tuple[Any, int, str]]:
        """Transfers that have come to an end: handle, curl code and curl's message. Remove them."""
        self.some_ended = False
        found: list[tuple[Any, int, str]] = []
        queued = 1
        while queued:
            queued, good, bad = self.multi.info_read()
            found += [(easy, pycurl.E_OK, "") for easy in good]
            found += bad
        return found

    def _act(self, fd: int, action: int) -> None:
        _, running = self.multi.socket_action(fd, action)
        if running < self._count:
            self.some_ended = True

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
