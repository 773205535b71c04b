"""Where a request comes from: its headers, its Host, its browser's Origin, its address. No I/O.

A browser sends its cookies along with any page's request, so its Origin is checked always, exactly.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from .protocol import CloseCode, Refused

_LOCAL_HOSTS = [".localhost", "127.0.0.1", "[::1]"]
# Whatever of these is there, a proxy stands in between.
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "x-forwarded-proto", "via")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """The headers by name. One that must be there once and is there twice was put together by somebody."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        if key in headers and key in ("host", "origin"):
            raise Refused(CloseCode.FORBIDDEN, f"There is more than one {key} header.")
        joint = "; " if key == "cookie" else ", "
        headers[key] = headers[key] + joint + value.decode("latin-1") if key in headers else value.decode("latin-1")
    return headers


def address_of(peer: str, forwarded_for: str, proxies: int) -> str:
    """Whose machine it is, as the last of so many trusted proxies saw it.

    Each proxy adds at the end of X-Forwarded-For who came to it; what stands further in front was sent by the client,
    which may write there what it likes. Shorter lists are of somebody who came past the proxies: then it is the peer.
    """
    seen = [part.strip() for part in forwarded_for.split(",")] if forwarded_for else []
    if not 0 < proxies <= len(seen):
        return peer
    # Some proxies write the port too. An IPv6 address without brackets has none.
    host = split_domain_port(seen[-proxies])[0] or seen[-proxies]
    try:
        return str(ip_address(host.removeprefix("[").removesuffix("]")))
    except ValueError:
        return peer


def is_local(peer: str, headers: Mapping[str, Any]) -> bool:
    """Whether it is this machine. Behind a proxy everybody comes from here, so what was forwarded never counts."""
    try:
        return ip_address(peer).is_loopback and not any(name in headers for name in _FORWARDED)
    except ValueError:
        return False


def check_host(headers: Mapping[str, str]) -> None:
    domain, _ = split_domain_port(_host(headers))
    allowed = settings.ALLOWED_HOSTS or (_LOCAL_HOSTS if settings.DEBUG else [])
    if not domain or not validate_host(domain, allowed):
        raise Refused(CloseCode.FORBIDDEN, "This host name is not served here; see ALLOWED_HOSTS.")


def check_origin(origin: str, own: str) -> None:
    found = _normal(origin)
    if found is None or not (found == _normal(own) or any(_trusts(trusted, found) for trusted in _trusted())):
        raise Refused(CloseCode.FORBIDDEN, "Pages of this origin may not follow the stream; see CSRF_TRUSTED_ORIGINS.")


def _trusted() -> list[str]:
    return list(settings.CSRF_TRUSTED_ORIGINS)


def _trusts(trusted: str, origin: str) -> bool:
    """`https://*.example.com` means every host below example.com, as it does to Django."""
    scheme, star, domain = trusted.partition("://*.")
    if not star:
        return origin == _normal(trusted)
    below = _normal(f"{scheme}://{domain}")
    found_scheme, _, host = origin.partition("://")
    return below is not None and scheme == found_scheme and host.endswith("." + below.removeprefix(f"{scheme}://"))


def _normal(origin: str) -> str | None:
    """Scheme, host and port, in one spelling; None if this is no origin (`null`, a path, nonsense)."""
    try:
        parts = urlsplit(origin)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except (KeyError, ValueError):
        return None
    if not parts.hostname or origin.lower() != f"{parts.scheme}://{parts.netloc}".lower() or "@" in parts.netloc:
        return None
    return f"{parts.scheme}://{parts.hostname}:{port}"


def own_origin(scope: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    secure = scope.get("scheme") in ("wss", "https")
    if settings.SECURE_PROXY_SSL_HEADER:
        name, value = settings.SECURE_PROXY_SSL_HEADER
        forwarded = headers.get(name.removeprefix("HTTP_").replace("_", "-").lower())
        secure = secure if forwarded is None else forwarded.split(",")[0].strip() == value
    return f"{'https' if secure else 'http'}://{_host(headers)}"


def _host(headers: Mapping[str, str]) -> str:
    if settings.USE_X_FORWARDED_HOST and "x-forwarded-host" in headers:
        return headers["x-forwarded-host"]
    return headers.get("host", "")
