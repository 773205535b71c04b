"""A refusal over HTTP: the status, the headers and the JSON that say what a close code says. No I/O, no Django."""

import json
from http import HTTPStatus

from .protocol import CloseCode

RETRY_SECONDS = 5


def status_of(code: CloseCode) -> HTTPStatus:
    """4401 is 401, and so on; what a client comes back after is 503, but for what it had too much of itself."""
    if code == CloseCode.TOO_MANY:
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.SERVICE_UNAVAILABLE if code.comes_back else HTTPStatus(code - 4000)


def headers_with(code: CloseCode) -> dict[str, str]:
    """What belongs to the status (RFC 9110 §10.2.3, §11.6.1)."""
    if code == CloseCode.SIGN_IN:
        return {"WWW-Authenticate": 'Bearer realm="signalcast"'}
    return {"Retry-After": str(RETRY_SECONDS)} if code.comes_back else {}


def body_of(message: str) -> bytes:
    return json.dumps({"error": message}).encode()
