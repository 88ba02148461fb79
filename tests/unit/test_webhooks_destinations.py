"""What may be sent to, over both address spaces."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.webhooks.destinations import Destination, destination, refusal

# IANA's special-purpose registries, both of them (RFC 6890 and after), and multicast.
SPECIAL_V4 = """0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
    192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4""".split()
SPECIAL_V6 = """::/128 ::1/128 64:ff9b:1::/48 100::/64 2001::/32 2001:2::/48 2001:10::/28 2001:db8::/32 3fff::/20
    5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8""".split()
# Addresses that everybody can reach: name servers and large sites.
PUBLIC = """1.1.1.1 8.8.8.8 9.9.9.9 93.184.216.34 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255
    172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
    2001:4860:4860::8888 2606:4700:4700::1111 2620:fe::fe 2a00:1450:4001:81b::200e""".split()
METADATA = "169.254.169.254 169.254.170.2 100.100.100.200 192.0.0.192 168.63.129.16 fd00:ec2::254".split()


def within(networks: list[str]) -> st.SearchStrategy[int]:
    ranges = [ip_network(network) for network in networks]
    return st.one_of(
        *(st.integers(int(one.network_address), int(one.broadcast_address)) for one in ranges),
    )


def mapped(address: IPv4Address) -> IPv6Address:
    return IPv6Address(f"::ffff:{address}")


def nat64(address: IPv4Address) -> IPv6Address:
    return IPv6Address(int(IPv6Address("64:ff9b::")) | int(address))


def six_to_four(address: IPv4Address, rest: int = 1) -> IPv6Address:
    return IPv6Address(0x2002 << 112 | int(address) << 80 | rest)


@given(within(SPECIAL_V4).map(IPv4Address))
def test_no_special_address_however_it_is_written(address: IPv4Address) -> None:
    assert refusal(address)
    assert refusal(mapped(address))
    assert refusal(nat64(address))
    assert refusal(six_to_four(address))
    assert refusal(IPv6Address(int(address)))  # IPv4-compatible, obsolete


@given(within(SPECIAL_V6).map(IPv6Address))
def test_no_special_address_of_the_new_kind(address: IPv6Address) -> None:
    assert refusal(address)


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_embedded_address_is_judged_as_the_plain_one(address: IPv4Address) -> None:
    plain = refusal(address)
    assert refusal(mapped(address)) == plain
    assert refusal(nat64(address)) == plain
    assert refusal(six_to_four(address)) == plain
    assert refusal(IPv6Address(int(address)))


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_outside_of_what_is_handed_out_nothing_is_public(address: IPv6Address) -> None:
    if (
        address not in IPv6Network("2000::/3")
        and address.ipv4_mapped is None
        and address not in IPv6Network("64:ff9b::/96")
    ):
        assert refusal(address)


@given(st.integers(0, 2**32 - 1).map(IPv4Address) | st.integers(0, 2**128 - 1).map(IPv6Address))
def test_never_more_lenient_than_the_standard_library(address: IPv4Address | IPv6Address) -> None:
    if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
        assert refusal(address)
    if address.is_private and getattr(address, "ipv4_mapped", None) is None:
        assert refusal(address)


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_allowed(text: str) -> None:
    address = ip_address(text)
    assert refusal(address) is None
    if isinstance(address, IPv4Address):
        assert refusal(mapped(address)) is refusal(nat64(address)) is refusal(six_to_four(address)) is None


@pytest.mark.parametrize("text", METADATA)
def test_no_cloud_tells_its_secrets(text: str) -> None:
    assert refusal(ip_address(text))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("169.254.169.254", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("10.1.2.3", "private"),
        ("fd12::1", "private"),
        ("0.0.0.0", "no address at all"),  # noqa: S104
        ("::", "no address at all"),
        ("239.1.1.1", "multicast"),
        ("ff02::1", "multicast"),
        ("100.64.1.1", "not public"),
    ],
)
def test_it_says_what_an_address_is(text: str, what: str) -> None:
    assert refusal(ip_address(text)) == what


@pytest.mark.parametrize(
    ("url", "where"),
    [
        (
            "https://hooks.example.org/recognition?room=7",
            Destination(True, "hooks.example.org", 443, "/recognition?room=7"),
        ),
        ("https://hooks.example.org:8443", Destination(True, "hooks.example.org", 8443, "/")),
        ("https://hooks.example.org?room=7", Destination(True, "hooks.example.org", 443, "/?room=7")),
        ("HTTPS://[2606:4700::1]/x", Destination(True, "2606:4700::1", 443, "/x")),
    ],
)
def test_urls(url: str, where: Destination) -> None:
    assert destination(url, allow_private=False) == where


def test_without_tls_only_within_a_network_of_ones_own() -> None:
    with pytest.raises(ValueError, match="use https"):
        destination("http://hooks.example.org/", allow_private=False)
    where = Destination(False, "hooks.example.org", 80, "/")
    assert destination("http://hooks.example.org/", allow_private=True) == where


IN_A_TARGET = "".join(chr(code) for code in range(ord("!"), ord("~") + 1) if chr(code) not in '#"<>\\^`{|}')


@given(st.text(IN_A_TARGET).map("/".__add__), st.sampled_from(["hooks.example.org", "[2606:4700::1]:8443"]))
@example("/params;key=abc?x=1", "hooks.example.org")
@example("//a/../b;?", "hooks.example.org")
def test_what_follows_the_host_stays_as_it_is(target: str, authority: str) -> None:
    where = destination(f"https://{authority}{target}", allow_private=False)
    assert (where.target, where.authority) == (target, authority)


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://hooks.example.org:443/", "hooks.example.org"),
        ("https://hooks.example.org:80/", "hooks.example.org:80"),
        ("http://hooks.example.org:80/", "hooks.example.org"),
        ("http://[::1]:80/", "[::1]"),
    ],
)
def test_only_the_usual_port_is_left_out(url: str, authority: str) -> None:
    assert destination(url, allow_private=True).authority == authority


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://hooks.example.org/", "starts with https://"),
        ("file:///etc/passwd", "starts with https://"),
        ("hooks.example.org/x", "starts with https://"),
        ("//hooks.example.org/x", "starts with https://"),
        ("https://ada:secret@hooks.example.org/", "user name or password"),
        ("https://@hooks.example.org/", "user name or password"),
        ("https:///x", "names no host"),
        ("https://:443/x", "names no host"),
        ("https://hooks.example.org:99999/", "not a URL"),
        ("https://hooks.example.org:port/", "not a URL"),
        ("https://hooks.example.org:0/", "port 0"),
        ("https://[::1/", "not a URL"),
        ("https://hooks.example.org/#top", "fragment"),
        ("https://hooks.example.org/a b", "cannot stand in a URL"),
        ("https://hooks.example.org/\r\nHost: elsewhere", "cannot stand in a URL"),
        ("https://hooks.example.org\\@elsewhere/", "cannot stand in a URL"),
        ("https://bücher.example/", "xn--"),
        ("", "starts with https://"),
    ],
)
def test_urls_that_no_webhook_has(url: str, reason: str) -> None:
    for allow_private in (False, True):
        with pytest.raises(ValueError, match=reason):
            destination(url, allow_private=allow_private)


@given(st.text(max_size=60).map("https://".__add__))
def test_whatever_is_written_is_taken_apart_or_refused(url: str) -> None:
    try:
        where = destination(url, allow_private=False)
    except ValueError:
        return
    assert where.host
    assert 0 < where.port < 65_536
