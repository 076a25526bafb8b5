"""Requests that the server cannot read are refused in one sentence, before Datasette sees them.

The check of forms that stands around Datasette (asgi_csrf) decodes headers and bodies without asking whether
they can be decoded: such a request ended in a traceback and HTTP 500.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES = 1_000_000  # of a form; ours have a few hundred
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
TOKEN = "csrftoken"  # noqa: S105 - the name of the field
TOO_LONG = f"The form has more than {MOST_BYTES:,} bytes; nothing was recorded."
NOT_UTF8 = "The form is not UTF-8; nothing was recorded."
NOT_OURS = "The form is not from this page; load the page again."
BAD_HEADERS = "The headers of the request are not UTF-8; delete the cookies of this site and try again."
_JSON = b"application/json"
_UPLOAD = b"multipart/form-data"


def refusing(app: App) -> App:
    """Return the application behind a check that answers what it cannot read with HTTP 400 or 413."""

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        headers = dict(scope["headers"])
        if reason := fault_of_headers(headers):
            return await _refuse(send, 400, reason)
        if scope["method"] not in CHANGING:
            return await app(scope, receive, send)
        if headers.get(b"content-type", b"").lower().startswith(_UPLOAD):  # no page of ours sends one
            return await _refuse(send, 400, NOT_OURS)
        body = await _body(receive)
        if body is None:  # the client has gone
            return None
        if len(body) > MOST_BYTES:
            return await _refuse(send, 413, TOO_LONG)
        if reason := fault_of_form(body, headers.get(b"content-type", b"")):
            return await _refuse(send, 400, reason)
        return await app(scope, _again(body, receive), send)

    return checked


def fault_of_headers(headers: MutableMapping[bytes, bytes]) -> str:
    """Return why the headers of a request cannot be read; empty if they can."""
    if not headers.get(b"x-csrftoken", b"").isascii():
        return NOT_OURS
    return "" if _is_utf8(headers.get(b"cookie", b"")) else BAD_HEADERS


def fault_of_form(body: bytes, content_type: bytes = b"") -> str:
    """Return why a form cannot be read; empty if it can. In JSON, a per cent sign is just that."""
    if not _is_utf8(body):
        return NOT_UTF8
    if content_type.lower().startswith(_JSON):
        return ""
    if not _is_utf8(unquote_to_bytes(body)):
        return NOT_UTF8
    given = dict(parse_qsl(body.decode()))
    return "" if given.get(TOKEN, "").isascii() else NOT_OURS


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


async def _body(receive: Receive) -> bytes | None:
    """Return the body of a request, or a little more than may be; None if the client goes before its end."""
    body, more = bytearray(), True
    while more and len(body) <= MOST_BYTES:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives the body once more, and then what comes after it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


async def _refuse(send: Send, status: int, reason: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{reason}\n".encode()})
