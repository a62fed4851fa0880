"""What is asked of a request's key before it is certified: its type, and that who made the request holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import InvalidRequest, Unreadable
from pki.model import der
from pki.model.keys import EXPLICIT, RSA_PSS, key_facts

if TYPE_CHECKING:
    from pki.model.request_facts import RequestFacts


def check_type(facts: RequestFacts, *, hint: str, command: str) -> None:
    """Refuse a key that the certificate would name otherwise than the request: it would not match any more.

    OpenSSL 3 loads a curve that is written out as the one it equals, and `cryptography` a key of the type
    RSASSA-PSS as plain RSA; neither says so afterwards. HINT is how to make another one.

    Raises:
        InvalidRequest: it is one of these. Apple's importers know neither.
    """
    try:
        key = key_facts(facts.spki)
    except der.DerError:
        return  # the library says what is wrong with it
    if key.curve == EXPLICIT:
        raise InvalidRequest(
            "Apple's clients take no certificate for an EC key with explicit parameters: its curve is written out, "
            "not named",
            hint="If the curve is P-256, P-384 or P-521, the key can stay (the first two commands). Else "
            f"{hint[0].lower()}{hint[1:]}",
            commands=[
                "openssl pkey -in key.pem -ec_param_enc named_curve -out named.pem",
                "openssl req -new -key named.pem",
                command,
            ],
        )
    if key.oid == RSA_PSS:
        raise InvalidRequest(
            "Apple's clients take no certificate for a key of the kind RSASSA-PSS: they import no such key",
            hint=f"A plain RSA key signs by RSA-PSS in TLS as well (RFC 8446, 4.2.3). {hint}",
            commands=[command],
        )


def check_signature(facts: RequestFacts) -> None:
    """Check that who made the request holds its key: MD5 and SHA-1 prove that too, and the library refuses them.

    Raises:
        Unreadable: the signature does not verify, or is of a kind that nobody here can verify.
    """
    proved = facts.proves_possession
    if proved is None:
        raise Unreadable(
            f"the request's signature, {facts.algorithm}, cannot be checked here",
            hint="Sign it again with SHA-256:",
            commands=["openssl req -new -sha256 -key key.pem"],
        )
    if not proved:
        raise Unreadable("the request's signature does not match its key", hint="Make it again.")
