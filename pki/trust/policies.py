"""The policies that can judge: the ones an app can ask SecTrust for, and three by the book, for comparison.

Source of Apple's: Security-61901, SecPolicy.c: SecPolicyCreateSSL(true, host), SecPolicyCreateSSL(false, ...) and
SecPolicyCreateBasicX509. `rfc5280-path` is the path validation of RFC 5280 with RFC 9525 names: would a standard
validator accept it? `rfc5280` adds the certificate profile, which binds the CA: did it issue as it must?
`webpki` adds what the CA/Browser Forum's Baseline Requirements ask of TLS certificates: "and a browser?".
"""

from __future__ import annotations

from pki.errors import InvalidRequest
from pki.model import oids
from pki.model.suggestion import one_of
from pki.model.verdict import Level
from pki.trust.request import Policy

_SERVER = (oids.SERVER_AUTH, oids.ANY_EXTENDED_KEY_USAGE, oids.MICROSOFT_SGC, oids.NETSCAPE_SGC)
_CLIENT = (oids.CLIENT_AUTH, oids.ANY_EXTENDED_KEY_USAGE)
_BOOK_LEVELS = (Level.X509, Level.TLS)


def _by_rfc5280(
    name: str, title: str, purposes: tuple[str, ...] = (oids.SERVER_AUTH, oids.ANY_EXTENDED_KEY_USAGE)
) -> Policy:
    return Policy(name, title, _BOOK_LEVELS, purposes, server=True, by_rfc5280=True)


POLICIES = {
    policy.name: policy
    for policy in (
        Policy("apple", "Apple's TLS server policy and ATS", tuple(Level), _SERVER, server=True),
        Policy("ssl-client", "Apple's TLS client policy", _BOOK_LEVELS, _CLIENT),
        # SecPolicyCreateBasicX509 sets NoNetworkAccess: nothing is fetched, whoever asks for it.
        Policy("basic", "Apple's basic X.509 policy", (Level.X509,), checks_host=False, network=False),
        _by_rfc5280(
            "rfc5280-path", "RFC 5280's path validation and RFC 9525, without what binds the CA alone"
        ),
        _by_rfc5280("rfc5280", "RFC 5280 and RFC 9525"),
        _by_rfc5280(
            "webpki", "RFC 5280 and the CA/Browser Forum's Baseline Requirements", (oids.SERVER_AUTH,)
        ),
    )
}

# RFC 5280, 6.3.3 (f): whether a path leads from who signed a list to the anchor.
CRL_ISSUER = Policy("crl-issuer", "RFC 5280, 6.3.3 (f)", (Level.X509,), checks_host=False, by_rfc5280=True)


def policy_named(name: str) -> Policy:
    """The policy called NAME.

    Raises:
        InvalidRequest: there is none.
    """
    try:
        return POLICIES[name]
    except KeyError:
        raise InvalidRequest(f"no policy is called {name!r}", hint=one_of(name, POLICIES)) from None
