"""What cannot be asked: systems whose rules were not read, and inputs that a policy has no place for."""

from __future__ import annotations

from pki.ats import OsVersion
from pki.errors import InvalidRequest
from pki.trust.request import NO_INPUTS, PathInputs, Policy

OLDEST = OsVersion(13)  # the oldest release whose rules for server certificates are the ones in the catalogue


def modelled(os: OsVersion) -> OsVersion:
    """OS; before iOS 13 the CommonName still counted.

    Raises:
        InvalidRequest: it is older than what is modelled here.
    """
    if os < OLDEST:
        raise InvalidRequest(
            f"{os} is older than what is modelled here", hint=f"The rules hold from {OLDEST} on."
        )
    return os


def taken_by(policy: Policy, inputs: PathInputs) -> PathInputs:
    """INPUTS; SecTrust's policies start from fixed values (SecPolicyServer.c).

    Raises:
        InvalidRequest: POLICY is one of Apple's, and takes none.
    """
    if inputs is not NO_INPUTS and inputs != NO_INPUTS and not policy.by_rfc5280:
        raise InvalidRequest(
            f"the policy {policy.name} takes no inputs: SecTrust cannot be asked for certificate policies, key usage "
            "or a number of intermediates",
            hint="Judge by the book: rfc5280-path, rfc5280 or webpki.",
        )
    return inputs
