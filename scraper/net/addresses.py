"""Which addresses may be connected to, and how a target is written. Pure: nothing here resolves or connects.

The table follows the IANA special-purpose registries for IPv4 and IPv6 (RFC 6890 and its updates, as of 2024)
and the metadata services of the large clouds. Everything outside of IPv6's one global unicast block
(2000::/3) is refused.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import cache, lru_cache

import ada_url

from scraper.errors import AddressError

REFUSED_NETWORKS: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared (carrier NAT)"),
    ("127.0.0.0/8", "loopback"),
    (
        "168.63.129.16/32",
        "cloud metadata",
    ),  # Azure's wire server: a public number that is only reachable inside
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
NAT64 = (
    "64:ff9b::/96"  # RFC 6052: an IPv4 address in the low 32 bits; how IPv6-only networks reach IPv4 sites
)

# Ports of other protocols, where a GET could be taken for a command: the Fetch standard's "bad ports".
# fmt: off
BAD_PORTS = frozenset((
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
    111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
    540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
    6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
))
# fmt: on
DEFAULT_PORTS = {"http": 80, "https": 443}  # RFC 9110, 4.2.1 and 4.2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One http(s) address taken apart, as the URL standard reads it. ``host`` has no brackets."""

    url: str  # without credentials and fragment
    scheme: str
    host: str
    port: int

    @property
    def key(self) -> str:
        """``host:port``, as ``allow_private`` and robots.txt know it; IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def place(self) -> str:
        """Whose turn it is: one machine may serve http and https, so the two default ports are one place."""
        return self.host if self.port == DEFAULT_PORTS[self.scheme] else self.key

    @property
    def origin(self) -> str:
        """``scheme://host:port`` for robots.txt and other well-known files."""
        return f"{self.scheme}://{self.key}"

    @property
    def path(self) -> str:
        """What stands in the request's first line: path and query."""
        return self.url[self.url.index("/", len(self.scheme) + 3) :]


@lru_cache(maxsize=2_048)
def read_target(url: str, base: str | None = None) -> Target:
    """Give the target of an address; octal, hexadecimal and full-width hosts come out in their plain form.

    Credentials are dropped, never sent. Raises ``AddressError`` for what is no http(s) address.
    """
    try:
        parsed = ada_url.URL(url, base)
    except ValueError as error:
        raise AddressError("not a web address", url[:200]) from error
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
    """Why an IP address may not be connected to; ``None`` when it is a public one.

    IPv4 inside IPv6 (mapped, NAT64) is judged as the IPv4 address it leads to.
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
