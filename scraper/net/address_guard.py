"""Resolve a host, and connect only to addresses that a crawler may reach (protection against SSRF).

Every resolved address is checked at the moment of connecting, so a name server that answers differently the
second time (DNS rebinding) gains nothing. The table follows the IANA special-purpose registries for IPv4 and
IPv6 (RFC 6890 and its updates, as of 2024) and the metadata services of the large clouds. IPv6 addresses
outside the one global unicast block (2000::/3) are refused.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import ada_url

from scraper.errors import AddressError, ConnectError, DeadlineError, ForbiddenAddressError
from scraper.net.budget import Budget

REFUSED_NETWORKS: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared (carrier NAT)"),
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "cloud metadata"),  # Azure's WireServer: public number, reachable inside Azure only
    ("169.254.0.0/16", "link-local or cloud metadata"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocol assignments"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved or broadcast"),
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("2001::/23", "protocol assignments (Teredo and others)"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"),
    ("3fff::/20", "documentation"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("ff00::/8", "multicast"),
)
GLOBAL_UNICAST_V6 = "2000::/3"
NAT64 = "64:ff9b::/96"  # RFC 6052: the low 32 bits are an IPv4 address

# Ports of other protocols, which might read a GET as a command: the Fetch standard's "bad ports".
# fmt: off
BAD_PORTS = frozenset((
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103,
    104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513,
    514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719,
    1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679,
    6697, 10080,
))
# fmt: on
DEFAULT_PORTS = {"http": 80, "https": 443}  # RFC 9110, 4.2.1 and 4.2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The parts of an http(s) URL, as the WHATWG URL standard reads it. ``host`` has no brackets."""

    url: str  # without credentials and fragment
    scheme: str
    host: str
    port: int

    @property
    def key(self) -> str:
        """``host:port``, the form that ``allow_private`` and the robots.txt cache use; IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def pace_key(self) -> str:
        """The server that delays apply to: the default ports are one server, ``host:443``."""
        if self.port != DEFAULT_PORTS[self.scheme]:
            return self.key
        return self.key.removesuffix(f":{self.port}") + ":443"

    @property
    def origin(self) -> str:
        """``scheme://host:port``, the base of robots.txt and other well-known files."""
        return f"{self.scheme}://{self.key}"


@lru_cache(maxsize=2_048)
def read_target(url: str, base: str | None = None) -> Target:
    """Parse a URL, resolved against ``base``; octal, hexadecimal and full-width hosts are normalised.

    Credentials are dropped and never sent. Raises ``AddressError`` if it is not an http(s) URL.
    """
    try:
        parsed = ada_url.URL(url, base)
    except ValueError as error:
        raise AddressError("not a URL", url[:200]) from error
    scheme = parsed.protocol.rstrip(":")
    if scheme not in DEFAULT_PORTS:
        raise AddressError(f"{scheme}: is not http or https", url[:200])
    parsed.hash = ""
    if parsed.username or parsed.password:
        parsed.username = parsed.password = ""
    host = parsed.hostname.strip("[]")
    port = int(parsed.port) if parsed.port else DEFAULT_PORTS[scheme]
    return Target(url=parsed.href, scheme=scheme, host=host, port=port)


def refusal(address: str) -> str | None:
    """Return why connecting to an IP address is refused, or ``None`` if it is public.

    An IPv4 address inside IPv6 (mapped, NAT64) is judged as that IPv4 address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return refusal(str(ip.ipv4_mapped))
        if ip in _network(NAT64):
            return refusal(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    for network, kind in REFUSED_NETWORKS:
        if ip in _network(network):
            return kind
    if isinstance(ip, ipaddress.IPv6Address) and ip not in _network(GLOBAL_UNICAST_V6):
        return "not global unicast"
    return None


@cache
def _network(written: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(written)


ResolvedAddress = tuple[socket.AddressFamily, Any]


class AddressGuard:
    """Opens sockets to permitted addresses only. ``allow_private`` holds ``host:port`` entries."""

    def __init__(self, *, allow_private: frozenset[str], local_only: bool = False) -> None:
        self._allow_private = frozenset(entry.lower() for entry in allow_private)
        self._local_only = local_only

    def permits(self, host: str, port: int) -> bool:
        """Return whether ``allow_private`` lists this host and port."""
        return f"{host}:{port}" in self._allow_private or f"[{host}]:{port}" in self._allow_private

    def check(self, host: str, port: int, subject: str) -> None:
        """Check what can be checked without resolving the host. Raises ``ForbiddenAddressError``.

        Behind a proxy this is all the guard can promise: the proxy resolves the names.
        """
        if self.permits(host, port):
            return
        if self._local_only:
            raise ForbiddenAddressError(
                "not requested: set [cuttings] contact first, or list the host in [fetch] allow_private",
                subject,
            )
        if port in BAD_PORTS:
            raise ForbiddenAddressError(f"not requested: port {port} belongs to another protocol", subject)
        if (kind := _literal_refusal(host)) is not None:
            raise _forbidden(host, kind, host, port, subject)

    def open(self, host: str, port: int, budget: Budget) -> socket.socket:
        """Return a socket connected to a permitted address of the host.

        Raises ``ForbiddenAddressError``, ``ConnectError`` or ``DeadlineError``.
        """
        name = host.strip("[]").rstrip(".").lower()
        self.check(name, port, budget.subject)
        resolved = _resolve(name, port, budget)
        if self.permits(name, port):
            return _connect_first(resolved, budget)
        kinds = {address[0]: refusal(address[0]) for _, address in resolved}
        permitted = [(family, address) for family, address in resolved if kinds[address[0]] is None]
        if not permitted:
            first, kind = next(iter(kinds.items()))
            raise _forbidden(first, kind or "", name, port, budget.subject)
        return _connect_first(permitted, budget)


def open_proxy(host: str, port: int, budget: Budget) -> socket.socket:
    """Return a socket to the configured proxy, which may have a private address."""
    try:
        return _connect_first(_resolve(host.strip("[]"), port, budget), budget)
    except ConnectError as error:
        message = f"could not connect to the proxy {host}:{port} ({error.message})"
        raise ConnectError(message, budget.subject) from error


def _literal_refusal(host: str) -> str | None:
    try:
        return refusal(host)
    except ValueError:
        return None  # a name


def _forbidden(address: str, kind: str, host: str, port: int, subject: str) -> ForbiddenAddressError:
    entry = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"  # as the config reads it
    advice = f'if you trust it, add "{entry}" to [fetch] allow_private'
    return ForbiddenAddressError(f"not requested: {address} is a {kind} address; {advice}", subject)


def _resolve(host: str, port: int, budget: Budget) -> list[ResolvedAddress]:
    """Return all addresses of a host.

    ``getaddrinfo`` takes no timeout, so it runs in a thread that is abandoned at the deadline.
    """
    try:
        return _look_up(host, port, socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass  # a name, not a number
    except UnicodeError as error:  # a label that IDNA refuses
        raise ConnectError(f"{host[:80]} is not a valid host name", budget.subject) from error
    results: list[list[ResolvedAddress] | Exception] = []

    def look_up() -> None:
        try:
            results.append(_look_up(host, port, 0))
        except OSError as error:
            results.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(budget.remaining())
    if not results:
        raise DeadlineError("the name server did not answer in time", budget.subject)
    if isinstance(results[0], Exception):
        raise ConnectError(f"could not resolve {host}", budget.subject) from results[0]
    return results[0]


def _look_up(host: str, port: int, flags: int) -> list[ResolvedAddress]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=flags)
    return [(family, address) for family, _, _, _, address in rows]


def _connect_first(addresses: list[ResolvedAddress], budget: Budget) -> socket.socket:
    """Connect to the first address that answers; the remaining time is shared out among them."""
    last: OSError | None = None
    for index, (family, address) in enumerate(addresses):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(budget.remaining() / (len(addresses) - index))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            last = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    budget.remaining()
    raise ConnectError(f"could not connect ({(last and last.strerror) or last})", budget.subject) from last
