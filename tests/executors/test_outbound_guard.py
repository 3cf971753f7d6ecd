"""No address that a user typed leads to ourselves, to our network or to a cloud's metadata."""

import socket
import threading
from collections.abc import Iterator

import pytest

from releaseorch.executors import outbound
from releaseorch.executors.outbound import Guard, Refused, Unreachable

REFUSED_URLS = [
    "gopher://example.org/", "file:///etc/passwd", "ftp://example.org/", "//example.org/", "example.org", "", "http://",
    "http://user@example.org/", "http://a:b@example.org/", "http://example.org@127.0.0.1/", "http://@example.org/",
    "http://127.1/", "http://0x7f.1/", "http://2130706433/", "http://0177.0.0.1/", "http://0x7f000001/", "http://127.0.0.1.1/",
    "http://ⓛocalhost/", "http://127。0。0。1/", "http://example.org/\r\nHost: x", "http://example.org/a b", "http://exam\tple.org/",
    "http://example.org\\@127.0.0.1/", "http://under_score.example.org/", "http://-a.example.org/", "http://a..b/",
    "http://[::1", "http://[fe80::1%25eth0]/", "http://[v1.x]/", "http://example.org:99999/", "http://example.org:0/",
    "http://example.org:x/", "http://" + "a" * 64 + ".org/", "http://example.org/\x00", "http://example.org/\ud800",
]  # fmt: skip

CLOSED_ADDRESSES = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
    "169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.88.99.1",
    "::1", "::", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1",
    "fd00:ec2::254", "ff02::1", "100::1", "5f00::1", "3fff::1",
]  # fmt: skip


def always(addresses: list[str]) -> outbound.Lookup:
    """Return a name service that knows one answer."""
    return lambda *_: addresses


@pytest.mark.parametrize("url", REFUSED_URLS, ids=ascii)
def test_a_url_that_can_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        outbound.parse(url)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://example.org", ("http", "example.org", 80, "/")),
        ("https://EXAMPLE.org.:8443/a/b?c=d#e", ("https", "example.org", 8443, "/a/b?c=d")),
        ("http://10.0.0.1:8080/", ("http", "10.0.0.1", 8080, "/")),
        ("http://[2001:DB8::1]:8080/", ("http", "2001:db8::1", 8080, "/")),
        ("http://xn--bcher-kva.example/", ("http", "xn--bcher-kva.example", 80, "/")),
    ],
)
def test_a_plain_url_is_taken_apart(url: str, target: tuple[str, str, int, str]) -> None:
    assert outbound.parse(url) == outbound.Target(*target)


@pytest.mark.parametrize("address", CLOSED_ADDRESSES)
def test_a_name_that_leads_to_a_closed_address_is_refused(address: str) -> None:
    guard = Guard(lookup=always([address]))
    with pytest.raises(Refused):
        guard.addresses("innocent.example.org", 443, 5)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "172.32.0.1", "100.128.0.1"]
)
def test_a_public_address_is_open(address: str) -> None:
    assert Guard(lookup=always([address])).addresses("example.org", 443, 5) == [address]


def test_one_closed_address_among_several_refuses_the_name() -> None:
    guard = Guard(lookup=always(["1.1.1.1", "10.0.0.1"]))
    with pytest.raises(Refused):
        guard.addresses("example.org", 443, 5)


@pytest.mark.parametrize("port", [22, 25, 6379, 5432, 1])
def test_a_port_that_is_not_for_the_web_is_refused(port: int) -> None:
    with pytest.raises(Refused):
        Guard(lookup=always(["1.1.1.1"])).addresses("example.org", port, 5)


@pytest.mark.parametrize(
    ("allow", "host", "port", "address", "is_open"),
    [
        ("localhost:8001", "localhost", 8001, "127.0.0.1", True),
        ("localhost:8001", "localhost", 8001, "::1", True),
        ("localhost:8001", "localhost", 8002, "127.0.0.1", False),
        ("localhost:8001", "other", 8001, "127.0.0.1", False),
        ("localhost:8001", "localhost", 8001, "169.254.169.254", False),
        ("a.example:*", "a.example", 6379, "10.0.0.1", True),
        ("10.1.0.0/16:443", "any.example", 443, "10.1.2.3", True),
        ("10.1.0.0/16:443", "any.example", 443, "10.2.2.3", False),
        ("127.0.0.1:8001", "127.0.0.1", 8001, "127.0.0.1", True),
        ("127.0.0.1:8001", "x.example", 8001, "::ffff:127.0.0.1", True),
        ("[::1]:8001, 10.0.0.1:80", "x.example", 8001, "::1", True),
        ("169.254.169.254:80", "x.example", 80, "169.254.169.254", True),
    ],
)
def test_the_operator_opens_exactly_what_the_list_says(
    allow: str, host: str, port: int, address: str, is_open: bool
) -> None:
    guard = Guard(allow, lookup=always([address]))
    if is_open:
        assert guard.addresses(host, port, 5)
    else:
        with pytest.raises(Refused):
            guard.addresses(host, port, 5)


@pytest.mark.parametrize(
    "allow", ["localhost", "localhost:", ":80", "10.0.0.0/99:80", "a:0", "a:65536", "a:http"]
)
def test_a_list_that_can_not_be_read_is_refused_as_a_whole(allow: str) -> None:
    with pytest.raises(Refused, match=outbound.ALLOW_VARIABLE):
        Guard(allow)


def test_the_list_comes_from_the_environment() -> None:
    guard = Guard.from_environment({outbound.ALLOW_VARIABLE: "127.0.0.1:8001"})
    assert guard.addresses("127.0.0.1", 8001, 5) == ["127.0.0.1"]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_name_is_resolved_once_so_that_its_second_answer_does_not_count(listener: socket.socket) -> None:
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    port = listener.getsockname()[1]
    guard = Guard("127.0.0.1:*", lookup=lambda *_: next(answers))
    with guard.connect("rebind.example", port, 5) as connection:
        assert connection.getpeername() == ("127.0.0.1", port)
    assert next(answers) == ["169.254.169.254"]


def test_the_resolver_of_the_system_is_asked_when_none_is_given(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    Guard("127.0.0.1:*").connect("127.0.0.1", port, 5).close()


def test_nobody_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Unreachable):
        Guard("127.0.0.1:*").connect("127.0.0.1", port, 5)


def test_a_name_that_nobody_knows_is_unreachable() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror

    with pytest.raises(Unreachable):
        Guard(lookup=unknown).addresses("nowhere.example", 80, 5)
    with pytest.raises(Unreachable):
        Guard(lookup=always([])).addresses("nowhere.example", 80, 5)


def test_a_resolver_that_hangs_holds_nobody_up() -> None:
    release = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        release.wait(10)
        return []

    with pytest.raises(Unreachable, match="resolved"):
        Guard(lookup=hang).addresses("slow.example", 80, 0.05)
    release.set()
