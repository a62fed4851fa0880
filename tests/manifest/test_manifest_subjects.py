"""Subjects, purposes and names of every kind in a manifest: the command line's own readers, and nothing issued twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from pki.issue.purposes import purposes_in
from pki.manifest import ManifestError
from pki.model import oids
from pki.store import AuthorityFolder
from tests.manifest.folders import AT, apply, changed, planned

MANIFEST = """
[ca.main]
name = "Main Test CA"
subject = "O=Acme,C=DE"

[intermediate."Mobile CA"]
subject = "OU=Mobile,O=Acme"

[server.api]
names = ["api.test", "srv:_imap.api.test"]
subject = 'O=Acme\\, Inc.,C=DE'

[client.alice]
names = ["alice@corp.test", "upn:alice@corp.test", "dirName:CN=Alice,O=Acme", "RID:1.2.3"]
subject = "CN=Alice Smith,O=Acme"
eku = ["smime", "smartcard-logon"]

[client.tsa]
eku = ["timeStamping"]
"""


def test_they_are_issued_as_declared_and_once(tmp_path: Path) -> None:
    apply(tmp_path, MANIFEST)
    folder = AuthorityFolder.open(tmp_path / "main")
    assert folder.root.subject.rfc4514_string() == "CN=Main Test CA,O=Acme,C=DE"
    assert folder.row("Mobile CA").subject == "CN=Mobile CA,OU=Mobile,O=Acme"
    assert folder.row("api").subject == r"CN=api.test,O=Acme\, Inc.,C=DE"
    assert folder.row("api").names == ("api.test", "srv:_imap.api.test")
    assert folder.row("alice").subject == "CN=Alice Smith,O=Acme"
    assert folder.row("alice").names[1:] == ("upn:alice@corp.test", "dirName:CN=Alice,O=Acme", "RID:1.2.3")
    assert purposes_in(folder.certificates("alice")[0]) == (oids.EMAIL_PROTECTION, oids.SMARTCARD_LOGON)
    assert purposes_in(folder.certificates("tsa")[0]) == (oids.TIME_STAMPING,)
    assert changed(apply(tmp_path, MANIFEST)) == {}


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('subject = "CN=Alice Smith,O=Acme"', 'subject = "CN=Alice Smith,O=Other"', "subject:"),
        ('eku = ["timeStamping"]', 'eku = ["codeSigning"]', "eku:"),
        ('"RID:1.2.3"', '"RID:1.2.4"', "names:"),
        ('subject = "OU=Mobile,O=Acme"', 'subject = "O=Acme"', "subject:"),
    ],
)
def test_what_is_declared_otherwise_is_issued_again(tmp_path: Path, old: str, new: str, why: str) -> None:
    apply(tmp_path, MANIFEST)
    reasons = [reason for _, reason in changed(planned(tmp_path, MANIFEST.replace(old, new))).values()]
    assert any(why in reason for reason in reasons)


def test_another_way_to_write_the_same_changes_nothing(tmp_path: Path) -> None:
    apply(tmp_path, MANIFEST)
    other = (
        MANIFEST.replace('"smime"', '"emailProtection"')
        .replace('"CN=Alice Smith,O=Acme"', '"cn = Alice Smith, o = Acme"')
        .replace("upn:alice@corp.test", "otherName:msUPN;UTF8:alice@corp.test")
    )
    assert changed(planned(tmp_path, other)) == {}


def test_a_ca_of_another_subject_is_another_ca(tmp_path: Path) -> None:
    apply(tmp_path, MANIFEST)
    with pytest.raises(
        ManifestError, match="its subject is CN=Main Test CA,O=Acme,C=DE, not CN=Main Test CA,O=Other"
    ):
        planned(tmp_path, MANIFEST.replace('"O=Acme,C=DE"', '"O=Other"'))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('subject = "O=Acme,C=DE"', 'subject = "C=de"', "Did you mean C=DE?"),
        ('subject = "O=Acme,C=DE"', 'subject = "CN=Other"', "the authority is called 'Main Test CA'"),
        ('"api.test"', '"https://api.test:8443/"', "Did you mean api.test?"),
        ('"api.test"', '"api.test:8443"', "Did you mean api.test?"),
        ('"api.test", "srv:_imap.api.test"', '"a@b.test"', "names a person"),
        ('"smime"', '"codesign"', "Did you mean codeSigning?"),
        ('"smime"', '"timeStamping"', "RFC 3161"),
        ("[client.tsa]", "[client.'https://tsa.test']", "Did you mean tsa.test?"),
        ('eku = ["timeStamping"]', 'eku = ["any"]\ndefect = "no-eku"', "sets what it is for"),
        (
            'subject = "CN=Alice Smith,O=Acme"',
            'subject = "CN=Alice Smith"\ncommon_name = "Alice"',
            "has the CommonName 'Alice Smith'",
        ),
    ],
)
def test_mistakes(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in MANIFEST
    with pytest.raises(ManifestError) as refused:
        planned(tmp_path, MANIFEST.replace(old, new))
    assert words in str(refused.value)
    assert AT.tzinfo is not None
