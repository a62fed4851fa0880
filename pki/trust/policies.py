"""The policies an app can ask SecTrust for.

Source: Security-61901, SecPolicy.c: SecPolicyCreateSSL(true, host), SecPolicyCreateSSL(false, ...) and
SecPolicyCreateBasicX509.
"""

from __future__ import annotations

from pki.errors import InvalidRequest
from pki.model import oids
from pki.model.verdict import Level
from pki.trust.request import Policy

_SERVER = (oids.SERVER_AUTH, oids.ANY_EXTENDED_KEY_USAGE, oids.MICROSOFT_SGC, oids.NETSCAPE_SGC)
_CLIENT = (oids.CLIENT_AUTH, oids.ANY_EXTENDED_KEY_USAGE)

POLICIES = {
    policy.name: policy
    for policy in (
        Policy("apple", "Apple's TLS server policy and ATS", tuple(Level), _SERVER, server=True),
        Policy("ssl-client", "Apple's TLS client policy", (Level.X509, Level.TLS), _CLIENT),
        Policy("basic", "Apple's basic X.509 policy", (Level.X509,), checks_host=False),
    )
}


def policy_named(name: str) -> Policy:
    """The policy called NAME.

    Raises:
        InvalidRequest: there is none.
    """
    try:
        return POLICIES[name]
    except KeyError:
        raise InvalidRequest(
            f"no policy is called {name!r}", hint=f"Choose one of {', '.join(POLICIES)}."
        ) from None
