"""Files and keychains on this machine: containers, keys, roots, trust settings."""

from __future__ import annotations

from pki.explain.fault import Fault, FaultText, plain
from pki.model.text_explanation import DecidedBy, Where

_IMPORT, _LOCAL = Where.IMPORT, DecidedBy.LOCAL
_NOT = DecidedBy.NOT_A_TRUST_DECISION

IMPORT_FAULTS: tuple[Fault, ...] = (
    plain(
        "p12-password",
        76,
        _IMPORT,
        _LOCAL,
        FaultText(
            "the .p12 (PKCS #12) did not open: the password, or its algorithms",
            "The file's password (its MAC) did not verify. Readers say the same for algorithms they do not know.",
            (
                ("The password is wrong, or empty where one is needed (Apple's importers ask for one).", ""),
                (
                    "OpenSSL 3 writes AES-256 with a SHA-256 MAC, which older systems do not open: use -legacy (3DES).",
                    "",
                ),
            ),
            "a wrong password or an algorithm that this reader does not know",
            "inspecting the file",
            ("trustrig inspect FILE.p12", "trustrig export p12 --from FILE.p12 -o NEW.p12"),
        ),
    ),
    plain(
        "p12-legacy",
        77,
        _IMPORT,
        _LOCAL,
        FaultText(
            "the .p12 uses an algorithm that this OpenSSL keeps in its legacy provider",
            "The file is encrypted with RC2-40 or another old algorithm, which OpenSSL 3 has in its legacy "
            "provider alone. "
            "The password is not the problem.",
            (("An old tool, a Mac's Keychain Access or Windows wrote the file.", ""),),
            next=("openssl pkcs12 -legacy -in FILE.p12", "trustrig export p12 --from FILE.p12 -o NEW.p12"),
        ),
    ),
    plain(
        "legacy-algorithm",
        71,
        _IMPORT,
        _LOCAL,
        FaultText(
            "OpenSSL 3 does not offer this algorithm without its legacy provider",
            "Something asks OpenSSL 3 for an old algorithm (a .p12 with RC2-40, MD4 in an old build tool, an old key "
            "format). No server was judged.",
            (
                ("A .p12 or key file of an old tool: write it again.", ""),
                ("A build tool that hashes with MD4 (old webpack on Node 17 or later).", ""),
            ),
            "file or build tool",
            "the lines of the stack trace",
            ("trustrig inspect FILE.p12", "openssl pkcs12 -legacy -in FILE.p12"),
        ),
    ),
    plain(
        "p12-unreadable",
        75,
        _IMPORT,
        _LOCAL,
        FaultText(
            "the file could not be decoded",
            "What was given to the importer is not what it expects: no PKCS #12, a damaged file, or "
            "another format (PEM "
            "where DER is due). With a container made by OpenSSL 3 also: algorithms this importer does not know.",
            (
                ("PEM or text in place of a binary .p12 or .cer.", ""),
                (
                    "A container of OpenSSL 3's newer algorithms (AES-256) on an older system; or another password.",
                    "",
                ),
            ),
            next=("trustrig inspect FILE",),
        ),
    ),
    plain(  # SecImportExport.h, kSecKeyImportOnlyOne
        "p12-several-keys",
        75,
        _IMPORT,
        _LOCAL,
        FaultText(
            "the file holds more than one private key",
            "The importer was told to take one private key (kSecKeyImportOnlyOne), and the file holds several.",
            (("A container of several identities, or files that were joined.", ""),),
            next=("trustrig inspect FILE",),
        ),
    ),
    plain(
        "key-mismatch",
        76,
        _IMPORT,
        _LOCAL,
        FaultText(
            "certificate and private key are no pair",
            "The private key that was configured does not belong to the certificate. No connection was judged.",
            (("The certificate was renewed with a new key, or the files are those of two identities.", ""),),
            next=(
                "openssl x509 -noout -pubkey -in CERT.pem; openssl pkey -pubout -in KEY.pem   # the same?",
            ),
        ),
    ),
    plain(
        "file-unreadable",
        72,
        _IMPORT,
        _LOCAL,
        FaultText(
            "a certificate or key file on this machine cannot be used",
            "A file with certificates or a key is missing, unreadable, or holds something else. No "
            "connection was judged.",
            (("A wrong path or permissions; DER where PEM is due; a key that needs a password.", ""),),
            next=("trustrig inspect FILE",),
        ),
    ),
    plain(
        "no-roots",
        74,
        _IMPORT,
        _LOCAL,
        FaultText(
            "this client has no trusted roots at all",
            "The client's list of trusted roots (trust anchors, CA bundle) is empty or missing, so that "
            "nobody's chain can "
            "be trusted.",
            (
                (
                    "A container image without ca-certificates, or a truststore path or password that is wrong.",
                    "unknown-root",
                ),
            ),
            next=("apt-get install ca-certificates   # in a Debian image",),
            rules=("chain-anchor-trusted",),
        ),
    ),
    plain(
        "keychain-not-found",
        14,
        _IMPORT,
        _NOT,
        FaultText(
            "an item is not in the keychain",
            "A keychain message, not TLS: the item that was asked for was not found there. In logs of URLSession it is "
            "normal (no stored password).",
            (("The identity was never imported, or into another keychain or access group.", ""),),
            next=("security find-identity -v",),
        ),
    ),
    plain(
        "keychain-duplicate",
        26,
        _IMPORT,
        _NOT,
        FaultText(
            "the item is in the keychain already",
            "A keychain message, not TLS: an item with the same attributes is already there (duplicate).",
            (("Import it once, or use SecItemUpdate, or delete the old item first.", ""),),
            next=("security find-identity -v",),
        ),
    ),
    plain(
        "keychain-locked",
        28,
        _IMPORT,
        _NOT,
        FaultText(
            "the keychain is locked, or no user can be asked",
            "A keychain message, not TLS: user interaction is needed (unlock, allow) and not possible "
            "here, as over ssh, "
            "in CI or while the device is locked.",
            (
                ("The keychain is locked: over ssh and in CI nobody has unlocked it.", ""),
                ("The key's partition list does not admit the program, and nobody can be asked.", ""),
                ("The device is locked, and the item may be read only while it is not.", ""),
            ),
            next=("security unlock-keychain; security set-key-partition-list -S apple-tool:,apple:",),
        ),
    ),
    plain(
        "keychain-entitlement",
        28,
        _IMPORT,
        _NOT,
        FaultText(
            "an entitlement is missing (-34018)",
            "A keychain message, not TLS: the app lacks the entitlement for this keychain or access group.",
            (("keychain-access-groups, or a test target without a host app or a signature.", ""),),
            next=("codesign -d --entitlements - App.app",),
        ),
    ),
    plain(
        "keychain-other",
        24,
        _IMPORT,
        _NOT,
        FaultText(
            "a keychain or Security API message",
            "A message of the keychain or of the Security API, not a decision about a server.",
            (("A wrong parameter, a missing keychain, or an item of another kind.", ""),),
            next=("trustrig explain CODE",),
        ),
    ),
    plain(
        "trust-settings-auth",
        72,
        _IMPORT,
        _LOCAL,
        FaultText(
            "changing trust settings was not authorised",
            "To set trust needs an administrator who confirms with a password; without a session of a user "
            "(ssh, CI) the "
            "authorization is denied.",
            (
                ("Run it in a terminal of the logged-in user: sudo security add-trusted-cert -d ...", ""),
                ("In CI: a configuration profile or MDM.", ""),
            ),
            next=("trustrig install mac --dry-run",),
        ),
    ),
    plain(
        "codesign",
        88,
        _IMPORT,
        _LOCAL,
        FaultText(
            "a code-signing chain is not trusted (not TLS)",
            "The chain of a code-signing certificate does not verify: this is about signing, not about a server.",
            (
                ("Apple's WWDR or Developer ID intermediate is missing or expired in the keychain.", ""),
                ("Somebody changed the trust setting of the certificate ('Always Trust').", ""),
            ),
            next=("security find-identity -v -p codesigning",),
            rules=("chain-complete",),
        ),
    ),
)
