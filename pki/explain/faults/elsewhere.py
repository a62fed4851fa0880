"""What looks like a refusal of a certificate and is something else: own files, logins, signing, ACME, SSH."""

from __future__ import annotations

from pki.explain.fault import EVALUATE, Fault, FaultText, plain
from pki.model.text_explanation import DecidedBy, Where

_NOT, _LOCAL = DecidedBy.NOT_A_TRUST_DECISION, DecidedBy.LOCAL

ELSEWHERE_FAULTS: tuple[Fault, ...] = (
    plain(
        "own-weak",
        89,
        Where.IMPORT,
        _LOCAL,
        FaultText(
            "this program's own certificate or key is too weak for its OpenSSL",
            "OpenSSL refused to load the certificate or key that this program is to show: its key is too small or its "
            "digest too weak for the security level. The other end judged nothing.",
            (
                ("An RSA key of less than 2048 bits, or a signature with SHA-1 or MD5.", ""),
                ("A higher level than usual: @SECLEVEL in the cipher string, or the system's policy.", ""),
            ),
            next=("openssl x509 -in CERT.pem -noout -text",),
            rules=("tls-rsa-2048",),
        ),
    ),
    plain(
        "own-name",
        50,
        Where.NAME,
        _LOCAL,
        FaultText(
            "this server's own certificate does not have its ServerName",
            "The server says at its start that the certificate configured for this host lacks its name. Nobody was "
            "refused yet: clients that ask for that name will refuse it.",
            (
                ("The certificate of another host is configured.", "wrong-host"),
                ("ServerName is not among the names that clients use.", ""),
            ),
            next=("openssl x509 -in CERT.pem -noout -ext subjectAltName",),
            rules=("san-dns-match",),
        ),
    ),
    plain(
        "reason-hidden",
        30,
        Where.NONE,
        DecidedBy.UNCLEAR,
        FaultText(
            "the app's script is not told why its request failed",
            "The same words come without a network, for a blocked http:// load and for a certificate that was refused.",
            (
                (
                    "The host or port is not reached from the device or simulator (localhost is the phone).",
                    "",
                ),
                ("A plain http:// URL that ATS or Android blocks.", ""),
                ("The server's certificate was not trusted.", "unknown-root"),
            ),
            "network, cleartext or certificate",
            "the NSError in Xcode's console, or logcat",
            (EVALUATE,),
        ),
    ),
    plain(
        "verified",
        9,
        Where.NONE,
        _NOT,
        FaultText(
            "the chain was verified, and nothing was refused",
            "OpenSSL verified the server's chain with the roots it was given. s_client compares no name unless "
            "-verify_hostname asks for it, and Apple's rules are not OpenSSL's.",
            (("What failed stands elsewhere: in another client, or after TLS.", ""),),
            next=(EVALUATE,),
        ),
    ),
    plain(
        "login",
        24,
        Where.NONE,
        _NOT,
        FaultText(
            "the login was refused",
            "User name, password or token were refused. No certificate was judged.",
            (("A wrong password, an expired token, or a user without the right.", ""),),
            next=("curl -v {url}",),
        ),
    ),
    plain(
        "ssh",
        24,
        Where.NONE,
        _NOT,
        FaultText(
            "this is SSH, not TLS",
            "SSH has keys of hosts and users and no certificate chain; nothing of TLS trust bears on it.",
            (("The user's key is not known to the server, or the host's key is new or has changed.", ""),),
            next=("ssh -v HOST",),
        ),
    ),
    plain(
        "signing-identity",
        62,
        Where.IMPORT,
        _NOT,
        FaultText(
            "no identity to sign the app with was found",
            "This is code signing: a certificate with its private key, or the profile that lists it, is missing "
            "on this Mac. No server is concerned.",
            (("The private key is on another Mac, or the profile is older than the certificate.", ""),),
            next=("security find-identity -v -p codesigning",),
        ),
    ),
    plain(
        "acme",
        62,
        Where.NONE,
        _NOT,
        FaultText(
            "the ACME server refused to issue a certificate",
            "The order for a certificate failed; no TLS handshake is reported. A public CA issues for no .test, .local "
            "or private address.",
            (
                ("A name that no public CA may certify: use a test CA of your own.", ""),
                ("The CA could not check that the name is yours (port 80 or 443, DNS), or a rate limit.", ""),
            ),
            next=("trustrig init && trustrig issue server HOST",),
        ),
    ),
    plain(
        "no-tls-built",
        72,
        Where.NONE,
        _LOCAL,
        FaultText(
            "this program has no TLS at all",
            "It was built, or is run, without an SSL library: nothing was sent, and no certificate was judged.",
            (("Python, PHP or curl was built without OpenSSL, or does not find its libraries.", ""),),
            next=("curl --version",),
        ),
    ),
    plain(
        "reply-chain",
        76,
        Where.IMPORT,
        _LOCAL,
        FaultText(
            "keytool has not the issuers of the certificate to import",
            "keytool imports a CA's reply only if its chain leads to a trusted entry of the keystore (or of cacerts).",
            (("The CA's root and intermediate are not in the keystore yet, or not in the reply.", ""),),
            next=("keytool -importcert -alias root -file ROOT.pem -keystore KEYSTORE",),
        ),
    ),
    plain(
        "developer-trust",
        62,
        Where.NONE,
        _NOT,
        FaultText(
            "the developer of this app is not trusted on the device",
            "iOS starts an app that Xcode or an enterprise signed only after its developer was trusted on the device. "
            "This is code signing: no server and no root certificate is concerned.",
            (("Settings > General > VPN & Device Management > the developer > Trust.", ""),),
            next=("codesign -dvv App.app",),
        ),
    ),
    plain(
        "local-network",
        49,
        Where.TCP,
        DecidedBy.NETWORK,
        FaultText(
            "iOS or macOS does not let this app into the local network",
            "The system's local network privacy stopped the connection before anything was sent (TN3179). -1009 then "
            "means no missing Internet connection, and no certificate was judged.",
            (
                ("The user refused: Settings > Privacy & Security > Local Network > the app.", ""),
                ("The app was never asked: NSLocalNetworkUsageDescription in Info.plist.", ""),
            ),
            next=("plutil -p Info.plist",),
        ),
    ),
    plain(
        "ignored",
        20,
        Where.NONE,
        _NOT,
        FaultText(
            "the check of the certificate failed, and curl went on (-k)",
            "With -k (--insecure) curl says what it would have refused and goes on. It refused nothing; an Apple "
            "client would not go on.",
            (("What failed stands elsewhere in the text, or after TLS.", ""),),
            next=(EVALUATE,),
        ),
    ),
)
