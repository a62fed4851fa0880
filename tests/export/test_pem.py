"""PEM parts of an identity."""

from __future__ import annotations

import pytest

from pki.errors import InvalidRequest, WrongPassword
from pki.export.pem import chain_pem, fullchain_pem, key_pem, leaf_pem
from pki.load import load_identity
from pki.model.identity import Identity


def test_the_parts_fit_together_and_the_root_stays_out(alice: Identity) -> None:
    assert leaf_pem(alice) + chain_pem(alice) == fullchain_pem(alice)
    assert fullchain_pem(alice).count(b"BEGIN CERTIFICATE") == 2


def test_an_encrypted_key_opens_with_its_password_only(alice: Identity) -> None:
    key = key_pem(alice, password="correct-horse-battery")
    assert key.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    found = load_identity(fullchain_pem(alice), name="a", key_source=key, password="correct-horse-battery")
    assert found.key.public_key() == alice.key.public_key()
    with pytest.raises(WrongPassword):
        load_identity(fullchain_pem(alice), name="a", key_source=key, password="another")


@pytest.mark.parametrize("password", ["", "x" * 1024])
def test_passwords_that_openssl_would_not_read_are_refused(password: str, alice: Identity) -> None:
    with pytest.raises(InvalidRequest, match="1 to 1023 bytes"):
        key_pem(alice, password=password)
