"""Why a handshake ended, as codes that programs may rely on: one root cause each, with the stage it belongs to.

The codes are published (docs/handshake-codes.md, the schema of trustrig.transcript/2): add to them, never rename one.
"""

from __future__ import annotations

from pki.model.app_errors import AppCause
from pki.model.cause import Cause
from pki.model.stages import StageName

ACCEPTED = "accepted"
PIN = "ats-pin"

_VISIT = "trustrig evaluate https://{host}:PORT --anchor ROOT.pem"
_SHOW = "openssl s_client -connect {host}:PORT -showcerts </dev/null"
_PLAIN = "openssl s_client -connect {host}:PORT </dev/null"
_SERVER_FILE = "trustrig evaluate SERVER.pem --host {host} --anchor ROOT.pem"
_CLIENT_FILE = "openssl verify -purpose sslclient -CAfile ROOT.pem -untrusted CHAIN.pem CLIENT.pem"
_CLIENT_LIST = _CLIENT_FILE.replace("openssl verify", "openssl verify -crl_check -CRLfile CRL.pem")
_RERUN = "trustrig handshake --client NAME"


_TCP, _PARAMETERS, _PATH, _NAME, _ATS, _CLIENT, _APPLICATION = StageName


def _at(stage: StageName, *causes: Cause) -> tuple[Cause, ...]:
    """The CAUSES, at this stage."""
    return tuple(cause._replace(stage=stage) for cause in causes)


CAUSES = {
    cause.code: cause
    for cause in (
        Cause(ACCEPTED, "both ends went through with it"),
        *_at(
            _TCP,
            # Nobody is there to speak TLS with.
            Cause(
                "no-such-name",
                "the server's name does not resolve",
                "getent hosts {host}",
                seen=AppCause.NO_SUCH_HOST,
            ),
            Cause(
                "connection-refused",
                "no TCP connection: nobody listens, or it is refused",
                "nc -vz {host} PORT",
                seen=AppCause.REFUSED,
            ),
            Cause(
                "no-route",
                "no TCP connection: no way leads there from this machine; a device elsewhere may have one",
                "ping -c 1 {host}",
            ),
            Cause("proxy", "the proxy on the way is not reached, or refuses", "curl -v https://{host}:PORT/"),
        ),
        *_at(
            _PARAMETERS,
            Cause(
                "no-starttls",
                "the server does not go on in TLS from the clear",
                "openssl s_client -connect {host}:PORT -starttls PROTOCOL </dev/null",
            ),
            # Nobody says anything that is TLS.
            Cause(
                "not-tls",
                "what came is no TLS: often plain HTTP on a TLS port",
                _PLAIN,
                seen=AppCause.NOT_TLS,
            ),
            Cause("plain-http", "a plain HTTP request came to the TLS port", "curl -v https://{host}:PORT/"),
        ),
        Cause("reset", "the connection was reset without an alert", _PLAIN, seen=AppCause.LOST),
        Cause("closed", "the connection was closed without an alert", _PLAIN, seen=AppCause.CLOSED),
        Cause("timeout", "nothing more came before the deadline", _PLAIN, seen=AppCause.TIMEOUT),
        Cause("protocol-error", "TLS failed in a way that fits no other code", _PLAIN),
        *_at(
            _PARAMETERS,
            # What the two ends offer.
            Cause("version-mismatch", "no TLS version in common", _PLAIN, seen=AppCause.VERSION_DECLINED),
            Cause("no-shared-suite", "no cipher suite in common", _PLAIN, seen=AppCause.PARAMETERS_DECLINED),
            Cause(
                "no-shared-group",
                "no key-agreement group in common",
                _PLAIN,
                seen=AppCause.PARAMETERS_DECLINED,
            ),
            Cause(
                "no-shared-signature-algorithm",
                "no signature algorithm in common",
                _PLAIN,
                seen=AppCause.PARAMETERS_DECLINED,
            ),
            Cause(
                "no-shared-parameters",
                "the other end found suite, group, signature algorithm or something else lacking, and did not say "
                "which",
                _PLAIN,
                seen=AppCause.PARAMETERS_DECLINED,
            ),
            Cause(
                "no-application-protocol",
                "no ALPN protocol in common",
                "openssl s_client -connect {host}:PORT -alpn h2,http/1.1 </dev/null",
                seen=AppCause.DECLINED,
            ),
            Cause(
                "name-not-served",
                "the server has nothing under the name in SNI",
                "openssl s_client -connect {host}:PORT -servername {host} </dev/null",
                seen=AppCause.DECLINED,
            ),
            Cause(
                "suite-not-apples",
                "no Apple client offers the suite that was agreed on",
                _VISIT,
                seen=AppCause.PARAMETERS_DECLINED,
            ),
        ),
        *_at(
            _PATH,
            # The server's certificates.
            Cause("server-expired", "a certificate of the server's chain has expired", _VISIT),
            Cause("server-not-yet-valid", "a certificate of the server's chain is not valid yet", _VISIT),
            Cause(
                "unknown-root", "the server's chain leads to a root that the client does not trust", _VISIT
            ),
            Cause(
                "missing-intermediate",
                "the server does not send an intermediate that leads to a trusted root",
                _SHOW,
            ),
            Cause(
                "issuer-not-sent",
                "the issuer was not sent and is not known: missing intermediate or unknown root",
                _SHOW,
            ),
            Cause("server-purpose", "the server's certificate is for another purpose", _SERVER_FILE),
            Cause(
                "server-weak-key",
                "a key in the server's chain is too small, or of a wrong kind",
                _SERVER_FILE,
            ),
            Cause(
                "server-weak-signature",
                "a signature in the server's chain uses too weak a digest",
                _SERVER_FILE,
            ),
            Cause("server-revoked", "a certificate of the server's chain is revoked", _SERVER_FILE),
            Cause("server-certificate-refused", "the server's chain breaks another rule", _SERVER_FILE),
        ),
        *_at(
            _NAME,
            Cause("wrong-host", "the server's certificate is for other names", _SERVER_FILE),
        ),
        *_at(
            _ATS,
            # App Transport Security.
            Cause(
                "ats-version",
                "the TLS version is below what ATS asks",
                _VISIT,
                seen=AppCause.VERSION_DECLINED,
            ),
            Cause(
                "ats-suite",
                "the cipher suite is none that ATS offers",
                _VISIT,
                seen=AppCause.PARAMETERS_DECLINED,
            ),
            Cause(
                "ats-forward-secrecy",
                "the cipher suite has no forward secrecy",
                _VISIT,
                seen=AppCause.PARAMETERS_DECLINED,
            ),
            Cause("ats-certificate", "a key or a signature is weaker than ATS asks", _VISIT),
            Cause("ats-trust", "ATS does not count an anchor of the app's own", _VISIT),
            Cause(PIN, "the chain has none of the pinned keys", _VISIT),
            Cause(
                "ats-requirement",
                "another requirement of ATS is not met",
                _VISIT,
                seen=AppCause.BELOW_REQUIREMENT,
            ),
        ),
        *_at(
            _CLIENT,
            # The client's certificate.
            Cause(
                "client-certificate-missing", "the server requires a client certificate and got none", _RERUN
            ),
            Cause(
                "client-certificate-wrong-ca",
                "the client's chain leads to a CA the server does not accept",
                _CLIENT_FILE,
            ),
            Cause(
                "client-certificate-missing-intermediate",
                "the client does not send an intermediate that leads to an accepted CA",
                _CLIENT_FILE,
            ),
            Cause(
                "client-certificate-issuer-not-sent",
                "the client certificate's issuer was not sent and is not known: missing intermediate or unknown CA",
                _CLIENT_FILE,
            ),
            Cause("client-certificate-expired", "the client's certificate has expired", _CLIENT_FILE),
            Cause(
                "client-certificate-not-yet-valid", "the client's certificate is not valid yet", _CLIENT_FILE
            ),
            Cause("client-certificate-purpose", "the client's certificate is not for clients", _CLIENT_FILE),
            Cause("client-certificate-revoked", "the client's certificate is revoked", _CLIENT_LIST),
            Cause(
                "client-certificate-revocation-unknown",
                "the server looks into CRLs, and none of them can be used for the client's issuer",
                _CLIENT_LIST,
            ),
            Cause("client-certificate-weak-key", "a key in the client's chain is too small", _CLIENT_FILE),
            Cause(
                "client-certificate-weak-signature",
                "a signature in the client's chain uses too weak a digest",
                _CLIENT_FILE,
            ),
            Cause(
                "client-certificate-refused",
                "the server refused the client's certificate for another reason",
                _CLIENT_FILE,
            ),
            Cause(
                "client-not-allowed",
                "the client's certificate is good, and the server's policy says no",
                _RERUN,
            ),
            Cause(
                "client-refusal-lost",
                "the server closed without a byte after asking for a certificate: a refusal whose alert was lost "
                "looks so",
                _RERUN,
            ),
        ),
        *_at(
            _APPLICATION,
            # After the handshake.
            Cause(
                "left-without-asking",
                "the client finished the handshake and left without a request: it may not have liked the certificate, "
                "or only have looked, or have opened a connection for later",
                _PLAIN,
            ),
            Cause("no-answer", "the handshake is done, and no answer came", "curl -v https://{host}:PORT/"),
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
