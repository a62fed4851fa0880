"""Why the other end's certificate was refused: by OpenSSL's error, told apart by what both ends know."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pki.errors import Unreadable
from pki.handshake.acceptance.verify_codes import (
    HAS_EXPIRED,
    HOSTNAME_MISMATCH,
    INVALID_PURPOSE,
    KINDS,
    NO_LIST,
    NO_PATH,
    NOT_YET_VALID,
    REVOKED,
    verify_text,
)
from pki.handshake.explaining.chain_order import climb
from pki.model.certificate import CertFacts
from pki.model.oids import purpose_name
from pki.model.signatures import self_signed
from pki.model.time_format import moment_text
from pki.model.transcript import Party

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake.ends.end_record import EndRecord, VerifyError


class VerifyReason(NamedTuple):
    """A sentence without its full stop, the next step, a code of `pki.model.causes`, and the rule behind it."""

    reason: str
    repair: str
    code: str
    rule: str | None = None


def verify_reason(
    verify_error: VerifyError, judge: EndRecord, sender: EndRecord | None, *, at: datetime
) -> VerifyReason:
    """Why JUDGE's verification of the other end's chain failed; SENDER is that other end where it is ours."""
    whose = judge.party.other
    code = _code(whose, KINDS.get(verify_error.errno, "refused"))
    try:
        cert = CertFacts.parse(verify_error.certificate)
    except Unreadable as error:
        reason = f"{error.problem} (sent by the {whose})"
        return VerifyReason(reason, f"Give the {whose} a readable certificate.", code)
    if verify_error.errno in NO_PATH:
        return _no_path(judge, sender, fallback=cert)
    name = f'"{cert.subject.label}"'
    if verify_error.errno == HAS_EXPIRED:
        days = (at - cert.not_after).days
        return VerifyReason(
            f"{name} expired: notAfter {moment_text(cert.not_after)}, judged at {moment_text(at)}, {_days(days)} later",
            f"Check the clock that judged, or renew {name}.",
            code,
        )
    if verify_error.errno == NOT_YET_VALID:
        days = (cert.not_before - at).days
        return VerifyReason(
            f"{name} is not yet valid: notBefore {moment_text(cert.not_before)}, judged at {moment_text(at)}, "
            f"{_days(days)} earlier",
            f"Check both clocks, or issue {name} again.",
            code,
        )
    if verify_error.errno == INVALID_PURPOSE:
        purposes = ", ".join(map(purpose_name, cert.extended_key_usage or ())) or "none"
        needed = "clientAuth" if whose is Party.CLIENT else "serverAuth"
        return VerifyReason(
            f"{name} is for another purpose: its extended key usage is {purposes}, a TLS {whose} needs {needed}",
            f"Issue a {whose} identity for it.",
            code,
        )
    if verify_error.errno == HOSTNAME_MISMATCH:
        return VerifyReason(
            f"{name} is for other names; the client asked for {judge.host}",
            f"Put {judge.host} into the certificate, or ask for a name it has.",
            "wrong-host",
        )
    if verify_error.errno == REVOKED:
        from pki.trust.rules.revocation import not_revoked

        return VerifyReason(
            f"{name} is revoked, by a CRL of its issuer",
            f"Issue {name} again with a new key.",
            code,
            not_revoked.id,
        )
    reason = f"{name}: {verify_text(verify_error.errno)}"
    if verify_error.errno in NO_LIST:
        return VerifyReason(
            f"{reason}; a server that looks into CRLs refuses whom none speaks of",
            f'Give the {judge.party} a CRL of "{cert.issuer.label}" that is of now.',
            code,
        )
    return VerifyReason(reason, f"Issue {name} again, correctly.", code)


def _code(whose: Party, kind: str) -> str:
    if whose is Party.CLIENT:
        return f"client-certificate-{kind}"
    return f"server-{'certificate-refused' if kind == 'refused' else kind}"


# Another CA; an issuer that leads to a trusted one and was not sent; one that was not sent, whatever it leads to.
_NO_PATH_CODES = {
    Party.CLIENT: (
        "client-certificate-wrong-ca",
        "client-certificate-missing-intermediate",
        "client-certificate-issuer-not-sent",
    ),
    Party.SERVER: ("unknown-root", "missing-intermediate", "issuer-not-sent"),
}


def _no_path(judge: EndRecord, sender: EndRecord | None, *, fallback: CertFacts) -> VerifyReason:
    """Tell a missing intermediate from an unknown root: OpenSSL has one error, and one alert, for both.

    Evidence, in this order: what the sender knows above its own leaf, what the judge's own identity has above its
    leaf, what the sender sent. A leaf alone of an end that is not ours leaves both open, and is called neither.
    """
    whose = judge.party.other
    top = next(CertFacts.readable(judge.path[-1:]), fallback)
    anchors = list(CertFacts.readable(judge.anchors))
    trusted = _names(anchors)
    known = climb(
        top, CertFacts.readable((*(sender.own_issuers if sender is not None else ()), *judge.own_issuers))
    )
    unknown, missing, unsent = _NO_PATH_CODES[whose]
    other_identity = f"use a {whose} identity issued under {trusted}"
    if self_signed(top, by_rfc5280=True):
        return VerifyReason(
            f'the {whose}\'s chain ends in the self-signed "{top.subject.label}", which the {judge.party} does not '
            f"trust; it trusts {trusted}",
            f"{_capital(other_identity)}, or let the {judge.party} trust this one.",
            unknown,
        )
    namesake = next((anchor for anchor in anchors if anchor.subject.key == top.issuer.key), None)
    if namesake is not None:
        return VerifyReason(
            f'a CA unknown to the {judge.party}: "{top.subject.label}" was issued by a CA that has the name of the '
            f'trusted "{namesake.subject.label}" and another key',
            f"{_capital(other_identity)}; a CA that was made anew has to be trusted anew.",
            unknown,
        )
    end = known[-1] if known else top
    if any(end.der == anchor.der or end.issuer.key == anchor.subject.key for anchor in anchors):
        name = f'"{top.issuer.label}"'
        return VerifyReason(
            f'a missing intermediate: "{top.subject.label}" was issued by {name}, which the {whose} did not send '
            f"and the {judge.party} does not have, although it leads to a trusted root",
            f"Let the {whose} send {name} after its own certificate.",
            missing,
        )
    if known:
        return VerifyReason(
            f'a CA unknown to the {judge.party}: the {whose}\'s chain leads to "{end.subject.label}"; '
            f"trusted is {trusted}",
            f"{_capital(other_identity)}.",
            unknown,
        )
    sentence = (
        f'"{top.subject.label}" was issued by "{top.issuer.label}", which was not sent and is not trusted'
    )
    if len(judge.path) > 1:  # intermediates came: what is left out is what everybody leaves out, the root
        return VerifyReason(
            f"a CA unknown to the {judge.party}: {sentence}; trusted is {trusted}",
            f'{_capital(other_identity)}, or let the {judge.party} trust "{top.issuer.label}".',
            unknown,
        )
    return VerifyReason(
        f"{sentence}; trusted is {trusted}",
        f"Send the intermediate if there is one; otherwise {other_identity}.",
        unsent,
    )


def _capital(reason: str) -> str:
    return reason[0].upper() + reason[1:]


def _names(certificates: list[CertFacts]) -> str:
    return " or ".join(f'"{cert.subject.label}"' for cert in certificates) or "nothing"


def _days(days: int) -> str:
    return {0: "less than a day", 1: "1 day"}.get(days, f"{days} days")
