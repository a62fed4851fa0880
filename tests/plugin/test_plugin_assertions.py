"""What may be asserted about trust, what a failure says, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki import Anchor, CertFacts
from pki.errors import PkiError
from pki_fixtures import LiveServer, Rig, TlsAuthority, TlsServer, assert_trusted, assert_untrusted
from tests.shell import environment


def test_everything_that_holds_certificates_is_a_target(tls_ca: TlsAuthority, tls_server: TlsServer) -> None:
    certificates = tls_server.identity.sent_chain
    root = tls_ca.authority.root
    targets: list[Any] = [
        tls_server.chain,
        list(certificates),
        tls_server.identity,
        tls_server.cert_pem,
        tls_server.cert_file,
        str(tls_server.cert_file),
        Rig(at=tls_ca.at).present(tls_server.identity, host="localhost"),
    ]
    anchors: list[Any] = [
        tls_ca,
        root,
        tls_ca.cert_pem,
        root.public_bytes(Encoding.DER),
        tls_ca.cert_file,
        str(tls_ca.cert_file),
        [Anchor(CertFacts.parse(root.public_bytes(Encoding.DER)), "app")],
        (tls_ca, root),
    ]
    for target in targets:
        assert_trusted(target, host="localhost", anchors=tls_ca)
    for given in anchors:
        assert assert_trusted(tls_server.chain, host="localhost", anchors=given).trusted
    assert_untrusted(tls_server.chain, host="localhost", anchors=(), code=-25318)


def test_a_url_is_connected_to(
    tls_https_server: LiveServer, tls_ca: TlsAuthority, tls_other_ca: TlsAuthority
) -> None:
    verdict = assert_trusted(tls_https_server.url, anchors=tls_ca)
    assert verdict.transport is not None
    assert verdict.transport.version == "1.3"
    assert_untrusted(tls_https_server.url, anchors=tls_other_ca)
    assert_trusted(tls_https_server)


@pytest.mark.parametrize(
    "code",
    ["san-dns-match", "SSLHostname", -67602, "-67602", "errSecHostNameMismatch", -1200, -9802],
)
def test_a_reason_may_be_given_in_all_of_apple_s_ways(code: int | str, tls_server: TlsServer) -> None:
    assert_untrusted(tls_server, host="api.test", code=code)


@pytest.mark.parametrize("code", ["cert-not-expired", -67818, -1202, -9807])
def test_another_reason_will_not_do(code: int | str, tls_server: TlsServer) -> None:
    with pytest.raises(
        AssertionError,
        match=r"^localhost is refused: The certificate is for another name \[san-dns-match\]\n",
    ):
        assert_untrusted(tls_server, host="api.test", code=code)


def test_two_failures_are_one_headline_and_a_remark(tls_server: TlsServer) -> None:
    with pytest.raises(AssertionError) as failed:
        assert_untrusted(tls_server, host="api.test", at="+1y", code="cert-not-expired")
    assert str(failed.value).splitlines()[:5] == [
        "localhost is refused: The certificate is for another name [san-dns-match]",
        "",
        "- expected: refused: A certificate has expired [cert-not-expired]",
        "+ found:    refused: The certificate is for another name [san-dns-match] (-67602 errSecHostNameMismatch, in the app "
        "-1200 and -9802)",
        "  A certificate has expired [cert-not-expired] fails, too; of several failures Apple reports one",
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param({"code": "cert-not-expird"}, "nothing here is called 'cert-not-expird'. Did you mean cert-not-expired", id="a near miss"),
        pytest.param({"code": 67818}, "nothing here is called '67818'. Did you mean -67818?", id="a lost sign"),
        pytest.param({"code": 48}, "48 is TLS alert 48 unknown_ca, which no verdict reports. Give a rule's id", id="an alert"),
        pytest.param({"anchor_class": "root"}, "no anchor class is called 'root'. There is", id="an anchor class"),
        pytest.param({"anchors": [3]}, "int is nothing that can be trusted. Give tls_ca", id="an anchor"),
        pytest.param({"anchors": Path("none.pem")}, "none.pem: No such file", id="a file"),
        pytest.param({"at": "soon"}, "'soon' is not a time", id="a time"),
        pytest.param({"at": datetime(2026, 1, 1)}, "datetime.datetime(2026, 1, 1, 0, 0) is no moment", id="a naive time"),  # noqa: DTZ001
        pytest.param({"host": "a b"}, "'a b' is not a host", id="a host"),
    ],
)  # fmt: skip
def test_what_cannot_mean_anything(arguments: dict[str, Any], says: str, tls_server: TlsServer) -> None:
    with pytest.raises(PkiError) as refused:
        assert_untrusted(tls_server, **arguments)
    assert str(refused.value).startswith(says)


@pytest.mark.parametrize(
    ("target", "arguments", "says"),
    [
        pytest.param([b"x"], {"host": "a.test"}, "nothing says what the chain is to be trusted by. Give anchors=", id="no anchors"),
        pytest.param([b"x"], {"anchors": ()}, "nothing says which host the chain is asked for. Give host=", id="no host"),
        pytest.param([], {}, "list is nothing that can be judged", id="an empty list"),
        pytest.param(["x"], {}, "list is nothing that can be judged", id="a list of something else"),
        pytest.param(7, {}, "int is nothing that can be judged. Give tls_server", id="a number"),
        pytest.param("https://localhost:1/", {"anchors": (), "host": "a.test"}, "https://localhost:1/ names its host already", id="a host beside a URL"),
        pytest.param("http://localhost/", {"anchors": ()}, "http:// has no TLS to judge", id="no TLS"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged(target: Any, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(PkiError) as refused:
        assert_trusted(target, **arguments)
    assert str(refused.value).startswith(says)


def test_a_failure_shows_the_user_s_line_and_the_whole_verdict(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_it="""
        import pytest
        from pki_fixtures import assert_trusted, assert_untrusted

        @pytest.mark.tls_at("+30d")
        def test_late(tls_server):
            assert_trusted(tls_server, at="+1y")

        @pytest.mark.tls_identity("api.test")
        def test_good(tls_server):
            assert_untrusted(tls_server, code=-67818)

        def test_typing_error(tls_server):
            assert_untrusted(tls_server, code="cert-not-expird")
        """
    )
    ran = project.runpytest_inprocess()
    ran.assert_outcomes(failed=3)
    output = ran.stdout.str()
    assert "asserting.py" not in output  # no line of ours between the test and the reason
    assert "asking.py" not in output
    ran.stdout.fnmatch_lines(
        [
            '>       assert_trusted(tls_server, at="+1y")',
            "E       AssertionError: localhost is refused: A certificate has expired *",
            "E       - expected: trusted",
            "E       + found:    refused: A certificate has expired * (-67818 errSecCertificateExpired, *",
            "E         basic X.509             FAIL            A certificate has expired",
            "E         TLS                     not reached     needs the level before it",
            "E         App Transport Security  not applicable  local name or address: ATS does not",
            "E       Apple reports -67818 errSecCertificateExpired: notAfter 20*Z,",
            "E       Not checked",
            "E         - revocation: no CRL and no OCSP answer was given",
            "test_it.py:6: AssertionError",
            "E       AssertionError: api.test is trusted",
            "E       - expected: refused: -67818 errSecCertificateExpired",
            "E       + found:    trusted",
            "E       pki.errors.InvalidRequest: nothing here is called 'cert-not-expird'. Did you mean cert-not-expired*",
        ]
    )
    ran.stdout.fnmatch_lines(["FAILED test_it.py::test_late - AssertionError: localhost is refused: *"])


def test_without_pytest_the_assertions_are_the_same(tmp_path: Path) -> None:
    code = """
import sys, unittest
from datetime import UTC, datetime
from pki_fixtures import Rig, assert_trusted, assert_untrusted

class Trust(unittest.TestCase):
    def test_good(self):
        assert_trusted(Rig(at=datetime.now(UTC)).server())
    def test_bad(self):
        assert_trusted(Rig(at=datetime.now(UTC)).server(days=900))

ran = unittest.main(exit=False).result
assert "pytest" not in sys.modules
assert (ran.testsRun, len(ran.failures), len(ran.errors)) == (2, 1, 0)
assert "[tls-validity-825]" in ran.failures[0][1]
"""
    script = tmp_path / "trust.py"
    script.write_text(code)
    ran = subprocess.run(
        [sys.executable, "-W", "error", script],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
