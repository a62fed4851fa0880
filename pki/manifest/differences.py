"""What sets apart what is there from what is declared, in words: a CA's certificate, a declaration in the ledger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from pki.issue.constraints import parse_permitted, read_excluded, read_permitted
from pki.issue.keys import describe, key_type_of
from pki.issue.subjects import Subject, authority_named, rdns_of
from pki.model.common_names import common_name_in
from pki.model.rfc4514 import write_name

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.x509 import GeneralName

    from pki.issue.permitted import Permitted
    from pki.manifest.declaration import DeclaredCa

_LONGEST: Final = 40  # characters of a declared value in a reason


def ca_differences(ca: DeclaredCa, root: x509.Certificate) -> list[str]:
    """What sets ROOT, the CA that is there, apart from the declared one."""
    found = []
    name = common_name_in(root.subject)
    if name != ca.name:
        found.append(f"its name is {name!r}, not {ca.name!r}")
    if key_type_of(root.public_key()) is not ca.key:
        found.append(f"its key is {describe(root.public_key())}, not {ca.key}")
    for word, read, declared in (
        ("permits", read_permitted, ca.permit),
        ("excludes", read_excluded, ca.exclude),
    ):
        has, wanted = read(root), parse_permitted(declared)
        if _listed(has) != _listed(wanted):
            found.append(f"it {word} {has or 'all names'}, not {wanted or 'all names'}")
    wanted_name = authority_named(ca.name, public=False, subject=Subject.of(ca.subject))
    if ca.subject is not None and root.subject != wanted_name:
        found.append(
            f"its subject is {write_name(rdns_of(root.subject))}, not {write_name(rdns_of(wanted_name))}"
        )
    days = (root.not_valid_after_utc - root.not_valid_before_utc).days
    if ca.days is not None and days != ca.days:
        found.append(f"it lives {days} days, not {ca.days}")
    return found


def _listed(names: Permitted | None) -> frozenset[GeneralName] | None:
    """NAMES without their order."""
    return frozenset(names.subtrees()) if names is not None else None


def declaration_changes(before: str, after: str) -> str:
    """Name the keys of the two declarations that differ."""
    old, new = json.loads(before), json.loads(after)
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return "; ".join(f"{key}: {_brief(old.get(key))} -> {_brief(new.get(key))}" for key in keys)


def _brief(value: object) -> str:
    if value is None:
        return "none"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
