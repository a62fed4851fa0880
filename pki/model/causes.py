"""Why a handshake ended, as codes that programs may rely on: one root cause each, with the stage it belongs to.

The codes are published (docs/handshake-codes.md, the schema of trustrig.transcript/2): add to them, never rename one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pki.model.app_errors import AppCause
from pki.model.hosts import in_url
from pki.model.stages import StageName

ACCEPTED = "accepted"
PIN = "ats-pin"
_SAFE_HOST = re.compile(r"[A-Za-z0-9._:*-]+")  # a stranger's SNI may hold anything, and this is to be pasted

_VISIT = "trustrig evaluate https://{host}:PORT --anchor ROOT.pem"
_SHOW = "openssl s_client -connect {host}:PORT -showcerts </dev/null"
_PLAIN = "openssl s_client -connect {host}:PORT </dev/null"
_SERVER_FILE = "trustrig evaluate SERVER.pem --host {host} --anchor ROOT.pem"
_CLIENT_FILE = "openssl verify -purpose sslclient -CAfile ROOT.pem -untrusted CHAIN.pem CLIENT.pem"
_CLIENT_LIST = _CLIENT_FILE.replace("openssl verify", "openssl verify -crl_check -CRLfile CRL.pem")
_BOTH_OURS = "trustrig handshake --client NAME --server NAME --host {host}"
_RERUN = "trustrig handshake --client NAME"


class Cause(NamedTuple):
    """One code. `stage` None: wherever the handshake had got to. `check` is the command that tries again.

    `seen` is what an app takes it for; None: a failure of trust, or nothing that a source speaks of.
    """

    code: str
    stage: StageName | None
    meaning: str
    check: str = ""
    seen: AppCause | None = None

    def check_for(self, host: str | None, *, both_ours: bool = False) -> str:
        """The command for HOST; words in capitals are left for the reader. BOTH_OURS: there is no server to visit."""
        check = _BOTH_OURS if both_ours and self.check else self.check
        named = host if host and _SAFE_HOST.fullmatch(host) else "HOST"
        return check.replace("{host}:PORT", f"{in_url(named)}:PORT").replace("{host}", named)


_TCP, _PARAMETERS, _PATH, _NAME, _ATS, _CLIENT, _APPLICATION = StageName

CAUSES = {
    cause.code: cause
    for cause in (
        Cause(ACCEPTED, None, "both ends went through with it"),
        # Nobody is there to speak TLS with.
        Cause(
            "no-such-name",
            _TCP,
            "the server's name does not resolve",
            "getent hosts {host}",
            seen=AppCause.NO_SUCH_HOST,
        ),
        Cause(
            "connection-refused",
            _TCP,
            "no TCP connection: nobody listens, or it is refused",
            "nc -vz {host} PORT",
            seen=AppCause.REFUSED,
        ),
        Cause(
            "no-route",
            _TCP,
            "no TCP connection: no way leads there from this machine; a device elsewhere may have one",
            "ping -c 1 {host}",
        ),
        Cause(
            "proxy", _TCP, "the proxy on the way is not reached, or refuses", "curl -v https://{host}:PORT/"
        ),
        Cause(
            "no-starttls",
            _PARAMETERS,
            "the server does not go on in TLS from the clear",
            "openssl s_client -connect {host}:PORT -starttls PROTOCOL </dev/null",
        ),
        # Nobody says anything that is TLS.
        Cause(
            "not-tls",
            _PARAMETERS,
            "what came is no TLS: often plain HTTP on a TLS port",
            _PLAIN,
            seen=AppCause.NOT_TLS,
        ),
        Cause(
            "plain-http",
            _PARAMETERS,
            "a plain HTTP request came to the TLS port",
            "curl -v https://{host}:PORT/",
        ),
        Cause("reset", None, "the connection was reset without an alert", _PLAIN, seen=AppCause.LOST),
        Cause("closed", None, "the connection was closed without an alert", _PLAIN, seen=AppCause.CLOSED),
        Cause("timeout", None, "nothing more came before the deadline", _PLAIN, seen=AppCause.TIMEOUT),
        Cause("protocol-error", None, "TLS failed in a way that fits no other code", _PLAIN),
        # What the two ends offer.
        Cause(
            "version-mismatch",
            _PARAMETERS,
            "no TLS version in common",
            _PLAIN,
            seen=AppCause.VERSION_DECLINED,
        ),
        Cause(
            "no-shared-suite",
            _PARAMETERS,
            "no cipher suite in common",
            _PLAIN,
            seen=AppCause.PARAMETERS_DECLINED,
        ),
        Cause(
            "no-shared-group",
            _PARAMETERS,
            "no key-agreement group in common",
            _PLAIN,
            seen=AppCause.PARAMETERS_DECLINED,
        ),
        Cause(
            "no-shared-signature-algorithm",
            _PARAMETERS,
            "no signature algorithm in common",
            _PLAIN,
            seen=AppCause.PARAMETERS_DECLINED,
        ),
        Cause(
            "no-shared-parameters",
            _PARAMETERS,
            "the other end found suite, group, signature algorithm or something else lacking, and did not say which",
            _PLAIN,
            seen=AppCause.PARAMETERS_DECLINED,
        ),
        Cause(
            "no-application-protocol",
            _PARAMETERS,
            "no ALPN protocol in common",
            "openssl s_client -connect {host}:PORT -alpn h2,http/1.1 </dev/null",
            seen=AppCause.DECLINED,
        ),
        Cause(
            "name-not-served",
            _PARAMETERS,
            "the server has nothing under the name in SNI",
            "openssl s_client -connect {host}:PORT -servername {host} </dev/null",
            seen=AppCause.DECLINED,
        ),
        Cause(
            "suite-not-apples",
            _PARAMETERS,
            "no Apple client offers the suite that was agreed on",
            _VISIT,
            seen=AppCause.PARAMETERS_DECLINED,
        ),
        # The server's certificates.
        Cause("server-expired", _PATH, "a certificate of the server's chain has expired", _VISIT),
        Cause("server-not-yet-valid", _PATH, "a certificate of the server's chain is not valid yet", _VISIT),
        Cause(
            "unknown-root", _PATH, "the server's chain leads to a root that the client does not trust", _VISIT
        ),
        Cause(
            "missing-intermediate",
            _PATH,
            "the server does not send an intermediate that leads to a trusted root",
            _SHOW,
        ),
        Cause(
            "issuer-not-sent",
            _PATH,
            "the issuer was not sent and is not known: missing intermediate or unknown root",
            _SHOW,
        ),
        Cause("server-purpose", _PATH, "the server's certificate is for another purpose", _SERVER_FILE),
        Cause(
            "server-weak-key",
            _PATH,
            "a key in the server's chain is too small, or of a wrong kind",
            _SERVER_FILE,
        ),
        Cause(
            "server-weak-signature",
            _PATH,
            "a signature in the server's chain uses too weak a digest",
            _SERVER_FILE,
        ),
        Cause("server-revoked", _PATH, "a certificate of the server's chain is revoked", _SERVER_FILE),
        Cause("server-certificate-refused", _PATH, "the server's chain breaks another rule", _SERVER_FILE),
        Cause("wrong-host", _NAME, "the server's certificate is for other names", _SERVER_FILE),
        # App Transport Security.
        Cause(
            "ats-version",
            _ATS,
            "the TLS version is below what ATS asks",
            _VISIT,
            seen=AppCause.VERSION_DECLINED,
        ),
        Cause(
            "ats-suite",
            _ATS,
            "the cipher suite is none that ATS offers",
            _VISIT,
            seen=AppCause.PARAMETERS_DECLINED,
        ),
        Cause(
            "ats-forward-secrecy",
            _ATS,
            "the cipher suite has no forward secrecy",
            _VISIT,
            seen=AppCause.PARAMETERS_DECLINED,
        ),
        Cause("ats-certificate", _ATS, "a key or a signature is weaker than ATS asks", _VISIT),
        Cause("ats-trust", _ATS, "ATS does not count an anchor of the app's own", _VISIT),
        Cause(PIN, _ATS, "the chain has none of the pinned keys", _VISIT),
        Cause(
            "ats-requirement",
            _ATS,
            "another requirement of ATS is not met",
            _VISIT,
            seen=AppCause.BELOW_REQUIREMENT,
        ),
        # The client's certificate.
        Cause(
            "client-certificate-missing",
            _CLIENT,
            "the server requires a client certificate and got none",
            _RERUN,
        ),
        Cause(
            "client-certificate-wrong-ca",
            _CLIENT,
            "the client's chain leads to a CA the server does not accept",
            _CLIENT_FILE,
        ),
        Cause(
            "client-certificate-missing-intermediate",
            _CLIENT,
            "the client does not send an intermediate that leads to an accepted CA",
            _CLIENT_FILE,
        ),
        Cause(
            "client-certificate-issuer-not-sent",
            _CLIENT,
            "the client certificate's issuer was not sent and is not known: missing intermediate or unknown CA",
            _CLIENT_FILE,
        ),
        Cause("client-certificate-expired", _CLIENT, "the client's certificate has expired", _CLIENT_FILE),
        Cause(
            "client-certificate-not-yet-valid",
            _CLIENT,
            "the client's certificate is not valid yet",
            _CLIENT_FILE,
        ),
        Cause(
            "client-certificate-purpose", _CLIENT, "the client's certificate is not for clients", _CLIENT_FILE
        ),
        Cause("client-certificate-revoked", _CLIENT, "the client's certificate is revoked", _CLIENT_LIST),
        Cause(
            "client-certificate-revocation-unknown",
            _CLIENT,
            "the server looks into CRLs, and none of them can be used for the client's issuer",
            _CLIENT_LIST,
        ),
        Cause(
            "client-certificate-weak-key", _CLIENT, "a key in the client's chain is too small", _CLIENT_FILE
        ),
        Cause(
            "client-certificate-weak-signature",
            _CLIENT,
            "a signature in the client's chain uses too weak a digest",
            _CLIENT_FILE,
        ),
        Cause(
            "client-certificate-refused",
            _CLIENT,
            "the server refused the client's certificate for another reason",
            _CLIENT_FILE,
        ),
        Cause(
            "client-not-allowed",
            _CLIENT,
            "the client's certificate is good, and the server's policy says no",
            _RERUN,
        ),
        Cause(
            "client-refusal-lost",
            _CLIENT,
            "the server closed without a byte after asking for a certificate: a refusal whose alert was lost looks so",
            _RERUN,
        ),
        # After the handshake.
        Cause(
            "left-without-asking",
            _APPLICATION,
            "a client may look at the server and go; whether it was content cannot be told",
            _PLAIN,
        ),
        Cause(
            "no-answer",
            _APPLICATION,
            "the handshake is done, and no answer came",
            "curl -v https://{host}:PORT/",
        ),
    )
}

NOTES = {
    "wrong-order": "the certificates are not sent in order: each must certify the one before it",
    "superfluous-certificate": "a certificate is sent that does not belong to the chain",
    "root-sent": "the root is sent, which the other end must have already",
    "revoked-unseen": "a client learns of it by a stapled OCSP answer alone: Apple's code evaluates no CRL",
    "group-not-apples": "no Apple client offers the group that was agreed on",
}
"""What is odd and stops nothing."""
