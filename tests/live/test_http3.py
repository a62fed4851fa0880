"""Whether a server advertises HTTP/3: the field read, and asked of Caddy, which speaks it, and of nginx, which does not."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from pki.model.http3 import MAX_ALTERNATIVES, AlternativeService, Http3Advertisement, read_alt_svc
from tests.live.asking import Asking
from tests.people import GOOD, STRANGER, People
from tests.servers import LOOPBACK, Program, free_port, running

CADDY = pytest.mark.peer("caddy", "apt-get install caddy")
NGINX = pytest.mark.peer("nginx", "apt-get install nginx-light")
DAY = 86400


def at(port: int, age: int = DAY, host: str = "") -> AlternativeService:
    return AlternativeService(host, port, age)


@pytest.mark.parametrize(
    ("fields", "services"),
    [
        pytest.param(['h3=":443"; ma=2592000'], [at(443, 30 * DAY)], id="as Caddy writes it"),
        pytest.param(['h3=":443"; ma=86400, h3-29=":443"; ma=86400'], [at(443)], id="a draft beside it"),
        pytest.param(['h3-29=":443"'], [], id="a draft alone"),
        pytest.param(['h2=":8000"'], [], id="another protocol"),
        pytest.param(['h3=":443"'], [at(443)], id="without an age: a day"),
        pytest.param(['h3="alt.example:8443";ma=60'], [at(8443, 60, "alt.example")], id="another host"),
        pytest.param(['h3="[2001:db8::1]:443"'], [at(443, host="2001:db8::1")], id="an address"),
        pytest.param(['h2=":1"; persist=1,h3=":443"; persist=1; MA="9"'], [at(443, 9)], id="parameters"),
        pytest.param(['h3=":443"', 'h3=":444"', 'h3=":443"'], [at(443), at(444)], id="several fields"),
        pytest.param(["clear"], [], id="clear"),
        pytest.param(['h3=":443", clear'], [], id="clear beside one takes it back"),
        pytest.param(['Clear, h3=":443"'], [at(443)], id="clear is case-sensitive"),
        pytest.param(['h3="a\\"b:1", h3=":443"'], [at(443)], id="a quoted quote"),
        pytest.param(['nonsense=, h3=":443"'], [at(443)], id="what does not read is passed over"),
        pytest.param(['h3=":0"', 'h3=":65536"', 'h3="443"', 'h3=443'], [], id="no port"),
        pytest.param([""], [], id="an empty field"),
        pytest.param([], [], id="no field"),
    ],
)  # fmt: skip
def test_the_field_is_read_as_the_rfc_has_it(fields: list[str], services: list[AlternativeService]) -> None:
    assert read_alt_svc(fields) == Http3Advertisement(tuple(services))


@pytest.mark.parametrize(
    "piece", [",", " ", "a", "a=", '"', 'h3=":1', 'h3=":1";', 'h3=":1"; ma=1,', "\\", ";a=b"]
)
def test_a_hostile_field_costs_its_length(piece: str) -> None:
    def spent(size: int) -> float:
        value = (piece * size)[:size]
        begun = time.process_time()
        assert len(read_alt_svc([value]).services) <= MAX_ALTERNATIVES
        return time.process_time() - begun

    # Sixteen times as long may take sixteen times as long, and not its square; small times are the clock's own.
    assert spent(32 * 1024) <= 64 * max(spent(2 * 1024), 0.001)


_CADDY = """
{{
  admin off
  auto_https off
}}
https://localhost:{port} {{
  bind {host}
  tls {files}/fullchain.pem {files}/key.pem {{
    {clients}
  }}
  respond "hello"
}}
"""
_REQUIRED = "client_auth {{\n mode require_and_verify\n trusted_ca_cert_file {root}\n }}"
_NGINX = """
daemon off; master_process off; pid {place}/pid; error_log stderr info;
events {{ }}
http {{
  access_log off; client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c;
  uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
  ssl_certificate {files}/fullchain.pem; ssl_certificate_key {files}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
  server {{
    listen {host}:{port} ssl http2;
    location / {{ return 200 "hello"; }}
    location /moved {{ add_header Alt-Svc 'h3="other.test:8443"; ma=60' always; return 404; }}
    location /elsewhere {{ add_header Alt-Svc 'h3=":8443"; ma=60' always; return 421; }}
    location /silent {{ return 444; }}
  }}
}}
"""


@pytest.fixture(scope="module", params=["open", "closed"])
def caddy(
    request: pytest.FixtureRequest, people: People, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    place, port = tmp_path_factory.mktemp("caddy"), free_port()
    clients = _REQUIRED.format(root=people.root) if request.param == "closed" else ""
    (place / "Caddyfile").write_text(
        _CADDY.format(host=LOOPBACK, port=port, files=people.files("localhost"), clients=clients)
    )
    home = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(place))
    command = ("caddy", "run", "--config", place / "Caddyfile", "--adapter", "caddyfile")
    with running(*command, port=port, log=place / "log", env=home) as program:
        yield program


@pytest.fixture(scope="module")
def nginx(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    place, port = tmp_path_factory.mktemp("nginx"), free_port()
    configuration = _NGINX.format(place=place, port=port, host=LOOPBACK, files=people.files("localhost"))
    (place / "nginx.conf").write_text(configuration)
    command = ("nginx", "-e", "stderr", "-p", place, "-c", place / "nginx.conf")
    with running(*command, port=port, log=place / "log") as program:
        yield program


@CADDY
def test_caddy_advertises_it(caddy: Program, asking: Asking) -> None:
    url = f"https://localhost:{caddy.port}"
    told = asking.evaluate(url, "--alt-svc", who=GOOD if asked_for_one(asking, url) else None)
    assert told.code == 0
    assert told.document["connection"]["http3"] == {
        "advertised": True,
        "problem": None,
        "services": [{"host": None, "port": caddy.port, "max_age": 30 * DAY}],
    }
    read = asking.read("-v", url, who=GOOD if asked_for_one(asking, url) else None)
    assert f"advertised by Alt-Svc at UDP port {caddy.port} for 30 days" in read.out
    assert "This looked at TCP alone" in read.out


def asked_for_one(asking: Asking, url: str) -> bool:
    """Whether the server at URL asks for a client certificate."""
    return bool(asking.evaluate(url, who=None).document["connection"]["client_certificate"] != "none")


@CADDY
@pytest.mark.parametrize("caddy", ["closed"], indirect=True)
@pytest.mark.parametrize("who", [None, STRANGER])
def test_who_is_not_let_in_learns_nothing(who: str | None, caddy: Program, asking: Asking) -> None:
    told = asking.evaluate(f"https://localhost:{caddy.port}", "--alt-svc", who=who)
    http3 = told.document["connection"]["http3"]
    assert (http3["advertised"], http3["services"]) == (None, [])
    assert http3["problem"].startswith("no answer came over HTTP/1.1: alert ")


@NGINX
@pytest.mark.parametrize(
    ("path", "advertised", "words"),
    [
        pytest.param("/", False, "no Alt-Svc in the answer advertises it", id="without the field"),
        pytest.param("/moved", True, "at UDP other.test:8443 for 1 minute", id="of an answer that is 404"),
        # RFC 7838, 6: "the Alt-Svc header field in a 421 (Misdirected Request) response MUST be ignored".
        pytest.param("/elsewhere", None, "421 Misdirected Request, whose Alt-Svc does not count", id="421"),
        pytest.param("/silent", None, "not known whether it is advertised: no answer came", id="no answer"),
    ],
)
def test_nginx_says_what_it_was_told_to(
    path: str, advertised: bool | None, words: str, nginx: Program, asking: Asking
) -> None:
    url = f"https://localhost:{nginx.port}{path}"
    assert (
        asking.evaluate(url, "--alt-svc", who=None).document["connection"]["http3"]["advertised"]
        is advertised
    )
    assert words in asking.read(url, "--alt-svc", who=None).out


@NGINX
def test_a_server_that_is_not_trusted_is_asked_for_nothing(nginx: Program, asking: Asking) -> None:
    ran = asking.trustrig(
        "evaluate", f"https://localhost:{nginx.port}", "--alt-svc", "--anchor-class", "system"
    )
    assert ran.code == 1
    assert "the server is not trusted, so it was asked for nothing" in " ".join(ran.out.split())


@NGINX
def test_nobody_asks_unless_told_to(nginx: Program, asking: Asking) -> None:
    told = asking.evaluate(f"https://localhost:{nginx.port}", who=None)
    assert told.document["connection"]["http3"] is None
    assert "HTTP/3" not in asking.read(f"https://localhost:{nginx.port}", who=None).out


def test_a_file_advertises_nothing(asking: Asking, people: People) -> None:
    ran = asking.trustrig("evaluate", str(people.root), "--alt-svc")
    assert ran.code == 2
    assert "--alt-svc is about a live server, and none was named" in ran.err
