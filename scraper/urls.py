"""Canonical URLs, keys for comparing them, and the site a URL belongs to. Pure.

The grammar is the WHATWG URL standard's (https://url.spec.whatwg.org/), as ada-url implements it; the
registrable domain comes from the Public Suffix List that the `tld` package ships. Nothing here uses the
network.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, unquote_plus, urlsplit

import ada_url

from scraper.errors import AddressError
from scraper.lazily import lazily

if TYPE_CHECKING:
    import tld
else:
    tld = lazily("tld")

MAX_ADDRESS_CHARS = 32_768  # four times the 8000 octets of RFC 9110, 4.1
_SHOWN_CHARS = 200
_KEPT = 2_048  # results: a run asks for those of one announced link up to 14 times, from feed to frontier
_ORIGIN = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_BARE_HOST = re.compile(r"www\.[\w-]+\.[\w.-]+(?=[/?#]|$)", re.IGNORECASE)
_NO_VALUE = frozenset(("undefined", "null", "none", "false", "#"))  # what programs print for no URL
_TEMPLATE = re.compile(r"\{\{|\{%|\$\{|<%|%%\w+%%")  # {{ page.url }}, ${url}, <%= url %>, %%url%%
_SCHEMES = re.compile(r"(?:https?:/*)*(https?):/+(?=[^/])", re.IGNORECASE)
_DEFAULT_PORTS = {"http:": "80", "https:": "443"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tracker:
    names: frozenset[str]
    prefixes: tuple[str, ...]
    values: frozenset[str]  # empty: any value

    def owns(self, name: str, value: str) -> bool:
        named = name in self.names or (bool(self.prefixes) and name.startswith(self.prefixes))
        return named and (not self.values or value in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variants:
    hosts: tuple[str, ...]
    segments: frozenset[str]
    suffixes: tuple[str, ...]
    index_files: frozenset[str]
    parameters: frozenset[str]
    valued: frozenset[str]
    caches: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrapper:
    addresses: tuple[str, ...]  # "host/path", the host without variants such as www.
    parameters: frozenset[str]


@lru_cache(maxsize=_KEPT)
def canonical_url(url: str, base: str | None = None) -> str:
    """Return the canonical form of an http(s) URL, parsed as WHATWG says and resolved against ``base``.

    Fragment, credentials and tracking parameters are removed; nothing else changes, so the URL still works.
    The function is idempotent. Raises `AddressError` (a ``ValueError``) if it is not an http(s) URL.
    """
    parsed = _parse(url, base)
    parsed.hash = ""
    parsed.username = parsed.password = ""
    parsed.search = _without_trackers(parsed.search)
    return str(parsed.href)


def parts_of(url: str | None) -> SplitResult:
    """Return the parts of a URL as written, all of them empty when it cannot be split (``http://[::1``)."""
    try:
        return urlsplit(url or "")
    except ValueError:
        return urlsplit("")


def declared_url(text: str) -> str:
    """Return a URL as a page declares it, with slashes before a bare host and one scheme, escaped once.

    It is empty for what is not one: "undefined", or the mark of a template that was not filled in.
    """
    text = text.strip().replace("\\/", "/").replace("&amp;", "&")
    if text.lower() in _NO_VALUE or _TEMPLATE.search(text):
        return ""
    return f"//{text}" if _BARE_HOST.match(text) else mended_scheme(text)


def mended_scheme(text: str) -> str:
    """Return a URL with one scheme and two slashes: for ``http://https://host`` and ``https:/host``."""
    scheme = _SCHEMES.match(text)
    if not scheme or scheme[0].lower() == f"{scheme[1].lower()}://":
        return text
    return f"{scheme[1].lower()}://{text[scheme.end() :]}"


def unwrapped(url: str) -> str:
    """Return the URL that a link of an alert, feed or mail leads to, canonical. Raises `AddressError`."""
    outer = canonical_url(url)
    if "?" not in outer:  # what a wrapper leads to stands in its query
        return outer
    parsed = _parse(outer, None)
    location = f"{parsed.hostname.removeprefix('www.')}{parsed.pathname}"
    for wrapper in _wrappers():
        if any(location == known or location.endswith(f".{known}") for known in wrapper.addresses):
            for name, value in parse_qsl(parsed.search.removeprefix("?")):
                if name in wrapper.parameters and value.startswith(("http://", "https://")):
                    return canonical_url(value)
    return outer


@lru_cache(maxsize=_KEPT)
def article_key(url: str) -> str:
    """Return the article that a URL stands for, as ``host/path?query``.

    AMP, print, mobile and http variants have the same key. It is for comparing, not for fetching. Raises
    `AddressError`.
    """
    parsed = _parse(_out_of_amp_cache(canonical_url(url)), None)
    variants = _variants()
    query = sorted(
        part
        for part in parsed.search.removeprefix("?").split("&")
        if part and not _is_variant_part(part, variants)
    )
    host = f"{_without_variant_host(parsed.hostname, variants)}{':' + parsed.port if parsed.port else ''}"
    path = _without_variant_path(parsed.pathname, variants)
    return f"{host}{path}{'?' + '&'.join(query) if query else ''}"


def host_key(url: str) -> str:
    """Return ``host:port`` of a URL, always with the port. Raises `AddressError`."""
    parsed = _parse(url, None)
    return f"{parsed.hostname}:{parsed.port or _DEFAULT_PORTS[parsed.protocol]}"


def site_of(url: str) -> str:
    """Return the registrable domain of a URL (``bbc.co.uk``), or ``host:port`` if it has none, as an IP
    address.

    The Public Suffix List is read with its private section, so two blogs on one host are two sites. Raises
    `AddressError`.
    """
    parsed = _parse(url, None)
    name = parsed.hostname.rstrip(".")
    if parsed.host_type != ada_url.HostType.DEFAULT or "." not in name:
        return host_key(url)
    return _registrable(name)


def same_site(a: str, b: str) -> bool:
    """Return whether two URLs have one registrable domain; ``False`` if either is not an http(s) URL."""
    try:
        return site_of(a) == site_of(b)
    except AddressError:
        return False


def believable_canonical(declared: str, page_url: str) -> str | None:
    """Return the canonical URL that a page declares, or ``None`` if it is not credible.

    It is credible on the same site, unless it is the home page: publishers' templates declare the home page
    for every article, or the agency's copy on another site.
    """
    try:
        canonical, page = canonical_url(declared, page_url), canonical_url(page_url)
    except AddressError:
        return None
    if not same_site(canonical, page) or (is_home_page(canonical) and not is_home_page(page)):
        return None
    return canonical


def is_home_page(url: str) -> bool:
    """Return whether a URL is the front page of its host. Raises `AddressError`."""
    parsed = _parse(canonical_url(url), None)
    return not parsed.search and _without_variant_path(parsed.pathname, _variants()) == ""


def shown(url: str) -> str:
    """Return a URL for a message: printable, one line, at most 200 characters."""
    text = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in url[: _SHOWN_CHARS + 1])
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"


def _parse(url: str, base: str | None) -> ada_url.URL:
    if len(url) > MAX_ADDRESS_CHARS:
        raise AddressError(f"the URL is longer than {MAX_ADDRESS_CHARS} characters", shown(url))
    try:
        parsed = _read(url, base)
    except ValueError:
        raise AddressError(
            "not a URL; expected one that starts with http:// or https://", shown(url)
        ) from None
    if parsed.protocol not in _DEFAULT_PORTS:
        raise AddressError("not an http(s) URL", shown(url))
    return parsed


def _read(url: str, base: str | None) -> ada_url.URL:
    """Return a parsed URL; a full stop that was typed as U+2024 in the host is one. Raises ``ValueError``."""
    try:
        return ada_url.URL(_scalar(url), _scalar(base)) if base is not None else ada_url.URL(_scalar(url))
    except ValueError:
        origin = _ORIGIN.match(url)
        if not origin or "\u2024" not in origin[0]:
            raise
        return ada_url.URL(_scalar(origin[0].replace("\u2024", ".") + url[origin.end() :]))


def _scalar(text: str) -> str:
    # Lone surrogates, which JSON feeds can carry, become U+FFFD as the standard's "scalar value string" asks.
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _without_trackers(search: str) -> str:
    if len(search) < 2:
        return ""
    kept = "&".join(part for part in search[1:].split("&") if not _is_tracker(part))
    return f"?{kept}" if kept else ""


def _is_tracker(part: str) -> bool:
    name, value = _name_and_value(part)
    return any(tracker.owns(name, value) for tracker in _trackers())


def _name_and_value(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    # "&amp;utm_source=rss": feeds that escape their links twice
    return unquote_plus(name).lower().removeprefix("amp;"), unquote_plus(value).lower()


def _is_variant_part(part: str, variants: _Variants) -> bool:
    name, value = _name_and_value(part)
    return name in variants.parameters or f"{name}={value}" in variants.valued


def _without_variant_host(hostname: str, variants: _Variants) -> str:
    name = hostname.rstrip(".")
    while (
        (rest := name.partition("."))[0] in variants.hosts
        and "." in rest[2]
        and rest[2] != _suffix_of(rest[2])
    ):
        name = rest[2]
    return name


def _without_variant_path(pathname: str, variants: _Variants) -> str:
    segments = [segment for segment in pathname.partition(";jsessionid=")[0].split("/") if segment]
    if segments and segments[-1].lower() in variants.index_files:
        segments.pop()
    if len(segments) > 1:
        kept = [segment for segment in segments if segment.lower() not in variants.segments]
        segments = kept or segments
    if segments:
        last = segments[-1]
        suffix = next((suffix for suffix in variants.suffixes if last.lower().endswith(suffix)), "")
        html = ".html" if suffix.endswith(".html") else ""
        segments[-1] = (last[: -len(suffix)] + html) if suffix and len(last) > len(suffix) else last
    return "".join(f"/{segment}" for segment in segments)


def _out_of_amp_cache(url: str) -> str:
    """Return the publisher's URL of a page in an AMP cache (``…/c/s/www.example.org/a``), else the URL."""
    parsed = _parse(url, None)
    parts = parsed.pathname.split("/")
    if not parsed.hostname.endswith(_variants().caches) or parts[1:2] not in (["c"], ["v"], ["amp"]):
        return url
    secure = parts[2:3] == ["s"]
    rest = "/".join(parts[3:] if secure else parts[2:])
    try:
        return (
            canonical_url(f"{'https' if secure else 'http'}://{rest}{parsed.search}") if "." in rest else url
        )
    except AddressError:
        return url


@lru_cache(maxsize=4096)
def _registrable(name: str) -> str:
    domain = tld.get_fld(f"http://{name}/", fail_silently=True, search_private=True)
    return str(domain) if domain else ".".join(name.split(".")[-2:])  # the list's default rule: "*"


@lru_cache(maxsize=4096)
def _suffix_of(name: str) -> str:
    return str(
        tld.get_tld(f"http://{name}/", fail_silently=True, search_private=True) or name.rpartition(".")[2]
    )


def _data() -> Mapping[str, object]:
    return tomllib.loads(files("scraper").joinpath("tracking.toml").read_text(encoding="utf-8"))


def _strings(table: Mapping[str, object], key: str) -> tuple[str, ...]:
    values = table.get(key, [])
    if not isinstance(values, list):
        raise TypeError(f"tracking.toml: {key} must be a list of strings")
    return tuple(str(value) for value in values)


def _tables(name: str) -> list[Mapping[str, object]]:
    tables = _data()[name]
    if not isinstance(tables, list):
        raise TypeError(f"tracking.toml: [[{name}]] must be a list of tables")
    return tables


@cache
def _wrappers() -> tuple[_Wrapper, ...]:
    return tuple(
        _Wrapper(addresses=_strings(table, "addresses"), parameters=frozenset(_strings(table, "parameters")))
        for table in _tables("wrapper")
    )


@cache
def _trackers() -> tuple[_Tracker, ...]:
    return tuple(
        _Tracker(
            names=frozenset(_strings(table, "names")),
            prefixes=_strings(table, "prefixes"),
            values=frozenset(_strings(table, "values")),
        )
        for table in _tables("tracker")
    )


@cache
def _variants() -> _Variants:
    table = _data()["variants"]
    if not isinstance(table, Mapping):
        raise TypeError("tracking.toml: [variants] must be a table")
    return _Variants(
        hosts=_strings(table, "hosts"),
        segments=frozenset(_strings(table, "segments")),
        suffixes=_strings(table, "suffixes"),
        index_files=frozenset(_strings(table, "index_files")),
        parameters=frozenset(_strings(table, "parameters")),
        valued=frozenset(_strings(table, "valued")),
        caches=_strings(table, "caches"),
    )
