"""A manifest's folder as tests look at it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pki.manifest import apply_manifest, plan_manifest, read_manifest
from pki.model.manifest_plan import ManifestPlan

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)

WHOLE = """
[defaults]
days = 90

[ca.main]
name = "Main Test CA"
permit = ["test", "localhost", "@people.test"]
ocsp = ["http://127.0.0.1:8888/"]

[ca.other]
name = "Other Test CA"
exclude = ["secret.test"]
folder = "cas/other"

[intermediate."Mobile CA"]
ca = "main"
permit = ["mobile.test"]

[server.api]
ca = "main"
names = ["api.test", "localhost"]

[server.phone]
ca = "Mobile CA"
names = ["phone.mobile.test"]

[server.old]
ca = "other"
names = ["old.test"]
defect = "expired"

[client.alice]
ca = "main"
names = ["alice@people.test"]

[client.mallory]
ca = "main"

[revoke.mallory]
reason = "keyCompromise"

[[export.pem]]
leaf = "api"
to = "out/api.pem"

[[export.pem]]
leaf = "api"
part = "fullchain"
to = "out/api-chain.pem"

[[export.pem]]
ca = "main"
to = "out/main.pem"

[[export.p12]]
leaf = "alice"
to = "out/alice.p12"
password_file = "out/alice.password"

[[export.p12]]
leaf = "alice"
to = "out/alice-modern.p12"
password_env = "ALICE"
encryption = "modern"
root = false

[[export.profile]]
ca = "other"
to = "out/other.mobileconfig"

[[export.profile]]
ca = "main"
leaf = "alice"
to = "out/alice.mobileconfig"
password_file = "out/alice.password"

[[export.crl]]
ca = "main"
to = "out/main.crl"

[[export.crl]]
ca = "main"
root = true
der = true
to = "out/root.crl"

[[export.ocsp]]
leaf = "api"
to = "out/api.ocsp"

[[export.ocsp]]
leaf = "mallory"
to = "out/mallory.ocsp"
by_ca = true
"""
ENVIRONMENT = {"ALICE": "correct-horse-battery"}


def write(folder: Path, text: str) -> Path:
    """A manifest in FOLDER."""
    path = folder / "pki.toml"
    path.write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    return path


def apply(
    folder: Path,
    text: str,
    *,
    at: datetime = AT,
    environment: Mapping[str, str] = ENVIRONMENT,
    passphrase: bytes | None = None,
) -> ManifestPlan:
    """Apply TEXT to FOLDER."""
    declaration = read_manifest(textwrap.dedent(text).encode(), name="pki.toml")
    return apply_manifest(declaration, folder, at=at, environment=environment, passphrase=passphrase)


def planned(
    folder: Path, text: str, *, at: datetime = AT, environment: Mapping[str, str] = ENVIRONMENT
) -> ManifestPlan:
    """Say what applying TEXT would do."""
    declaration = read_manifest(textwrap.dedent(text).encode(), name="pki.toml")
    return plan_manifest(declaration, folder, at=at, environment=environment)


def changed(plan: ManifestPlan) -> dict[str, tuple[str, str]]:
    """What a plan does, with its reason, by name."""
    return {step.name: (str(step.action), step.reason) for step in plan.steps if str(step.action) != "keep"}


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every path below FOLDER with its mode, its time of change and its bytes."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }
