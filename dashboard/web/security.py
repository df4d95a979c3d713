"""Headers that keep the page at home: nothing may be loaded from, sent to or framed by another host."""

from collections.abc import Sequence

from flask import Flask, Response


def content_security_policy(script_hashes: Sequence[str]) -> str:
    """The measured policy; styles need 'unsafe-inline' because plotly.js writes them."""
    parts = (
        "default-src 'none'",
        "script-src 'self' " + " ".join(f"'{value.strip(chr(39))}'" for value in script_hashes),
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
    return "; ".join(parts)


def add_security_headers(server: Flask, script_hashes: Sequence[str]) -> None:
    """Send the headers with every answer of this server; one that set its own policy keeps it."""
    headers = {
        "Content-Security-Policy": content_security_policy(script_hashes),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }

    @server.after_request
    def with_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response
