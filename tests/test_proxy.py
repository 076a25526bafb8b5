"""`[fetch] proxy`: requests through a real forward proxy, and what the address guard still refuses."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from pipelines.config.settings import parse_config
from pipelines.errors import ConfigError
from scraper.client import Client
from scraper.errors import FetchError, ForbiddenAddressError
from scraper.models import FetchSettings, Page
from tests.fault_server import Fault, FaultServer, http
from tests.raw_server import ForwardProxy
from tests.site import Site

HTML = "<p>Something happened.</p>"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        site.page("/a", HTML)
        yield site


@pytest.fixture
def proxy(site: Site) -> Iterator[ForwardProxy]:
    with ForwardProxy({"news.example:80": site.port}) as proxy:
        yield proxy


def client_behind(proxy: ForwardProxy, *, user: str = "", local_only: bool = False) -> Client:
    url = f"http://{user}{proxy.host}"
    return Client(FetchSettings(delay=0.0, timeout=5.0, proxy=url, local_only=local_only, version="1"))


def test_http_goes_through_the_proxy(site: Site, proxy: ForwardProxy) -> None:
    with client_behind(proxy) as client:
        page = client.get("http://news.example/a")
    assert isinstance(page, Page)
    assert page.body == HTML.encode()
    assert [head.split(" ")[:2] for head in proxy.heads] == [
        ["GET", "http://news.example/robots.txt"],
        ["GET", "http://news.example/a"],
    ]
    assert site.last("/a").headers["host"] == "news.example"
    assert site.last("/a").headers["user-agent"] == "cuttings/1"


def test_https_goes_through_a_tunnel_and_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("news.example").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    fault = Fault(name="a", sends=(http(body=HTML.encode()),), tls="news")
    with FaultServer([fault], certificates={"news": context}) as server:
        port = int(server.site(fault).rpartition(":")[2])
        names = {"news.example:443": port, "other.example:443": port}
        with ForwardProxy(names) as proxy, client_behind(proxy) as client:
            page = client.get("https://news.example/a")
            assert isinstance(page, Page)
            assert page.body == HTML.encode()
            with pytest.raises(FetchError, match="certificate is not trusted"):
                client.get("https://other.example/a")
    assert {head.split("\r\n")[0].split(" ")[0] for head in proxy.heads} == {"CONNECT"}
    assert not any("User-Agent" in head for head in proxy.heads)


def test_the_password_of_the_proxy_reaches_the_proxy_only(site: Site, proxy: ForwardProxy) -> None:
    with client_behind(proxy, user="desk:secret@") as client:
        client.get("http://news.example/a")
    assert all("Proxy-Authorization: Basic ZGVzazpzZWNyZXQ=" in head for head in proxy.heads)


def test_a_proxy_that_refuses_or_is_down_is_named(site: Site) -> None:
    with (
        ForwardProxy({}, refuses=True) as proxy,
        client_behind(proxy) as client,
        pytest.raises(FetchError, match=r"the proxy refused .*403") as caught,
    ):
        client.get("https://news.example/a")
    assert "secret" not in str(caught.value)
    with client_behind(proxy) as client, pytest.raises(FetchError, match="could not connect to the proxy"):
        client.get("http://news.example/a")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/a", "http://169.254.169.254/latest", "http://[::1]/a", "http://news.example:25/a"],
)
def test_literal_private_addresses_and_bad_ports_are_refused_behind_a_proxy_too(
    url: str, proxy: ForwardProxy
) -> None:
    with client_behind(proxy) as client, pytest.raises(ForbiddenAddressError):
        client.get(url)
    assert proxy.accepted == 0


def test_without_a_contact_nothing_leaves_through_the_proxy(proxy: ForwardProxy) -> None:
    with (
        client_behind(proxy, local_only=True) as client,
        pytest.raises(ForbiddenAddressError, match="contact"),
    ):
        client.get("http://news.example/a")
    assert proxy.accepted == 0


def test_what_allow_private_lists_goes_through_the_proxy_too(site: Site) -> None:
    with ForwardProxy({site.host: site.port}) as proxy:
        settings = FetchSettings(
            delay=0.0, proxy=f"http://{proxy.host}", allow_private=frozenset({site.host}), version="1"
        )
        with Client(settings) as client:
            assert isinstance(client.get(site.url("/a")), Page)
        assert proxy.heads


def test_the_environment_names_no_proxy(
    site: Site, proxy: ForwardProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://{proxy.host}")
    with Client(FetchSettings(delay=0.0, allow_private=frozenset({site.host}), version="1")) as client:
        client.get(site.url("/a"))
    assert proxy.accepted == 0


def test_the_config_names_the_proxy(tmp_path: Path) -> None:
    text = '[fetch]\nproxy = "http://desk:secret@proxy.example:3128"'
    config = parse_config(text, tmp_path / "cuttings.toml", version="1")
    assert config.fetch.proxy == "http://desk:secret@proxy.example:3128"


@pytest.mark.parametrize(
    "url", ["proxy.example:3128", "https://secret@p.example:1", "socks5://p:1", "http://p"]
)
def test_a_wrong_proxy_is_an_error_that_does_not_repeat_it(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\[fetch\] proxy: expected") as caught:
        parse_config(f'[fetch]\nproxy = "{url}"', tmp_path / "cuttings.toml", version="1")
    assert "secret" not in str(caught.value)
