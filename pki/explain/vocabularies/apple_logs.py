"""What apps, Xcode's console and Apple's tools print around the codes: URLSession, boringssl, pinning, MDM.

CFNetwork and Network log lines as they stand in public issues (Alamofire #941, #2512; AlamofireImage #380;
Starscream #731, #821; swift-server/async-http-client #236; MQTT-Client-Framework #170; TrustKit #39);
AFError.swift; the libraries' sources.
"""

from __future__ import annotations

from pki.explain.vocabularies.apple_codes import SECURITY, STREAM
from pki.explain.vocabulary import Vocabulary
from pki.model.codes import APPLE_CHECKS
from pki.report.stream_codes import PEER_ALERTS, STREAM_TEXTS

# Secure Transport's symbols: libraries print them in place of the number (CocoaAsyncSocket, XMPPFramework).
_SYMBOLS = {
    **{name.lower(): f"in alert {alert}" for name, alert in PEER_ALERTS.values()},
    **{name.lower(): STREAM[number] for number, (name, _) in STREAM_TEXTS.items() if number in STREAM},
    **{
        check.symbol.lower(): SECURITY[check.status]
        for check in APPLE_CHECKS.values()
        if check.status in SECURITY
    },
}

# The sentences of -1202, -1200, -1205, -1206 and Safari as public issues show them in German, French and Chinese.
_LOCALISED = {
    "das zertifikat f\u00fcr diesen server ist ung\u00fcltig": "untrusted",
    "le certificat de ce serveur n'est pas valide": "untrusted",
    "le certificat pour ce serveur n'est pas valide": "untrusted",
    "\u6b64\u670d\u52a1\u5668\u7684\u8bc1\u4e66\u65e0\u6548": "untrusted",
    "es ist ein ssl fehler aufgetreten": "tls-failed",
    "da keine sichere verbindung zum server": "tls-failed",
    "une erreur ssl s'est produite": "tls-failed",
    "\u53d1\u751f\u4e86ssl\u9519\u8bef": "tls-failed",
    "\u53d1\u751f ssl \u9519\u8bef": "tls-failed",
}

APPS = Vocabulary(
    "Apple log",
    "CFNetwork, Network.framework and boringssl lines of public logs; NSURLError.h",
    {
        **_SYMBOLS,
        "ats failed system trust": "ats-trust",
        "the certificate for this server is invalid": "untrusted",
        "the certificate for this server has expired": "expired",
        "the certificate for this server was signed by an unknown certifying authority": "issuer-unknown",
        "the certificate for this server is not yet valid": "not-yet-valid",
        "requires a client certificate": "client-certificate-missing",
        "did not accept the certificate": "cli untrusted",
        "an ssl error has occurred and a secure connection to the server cannot be made": "tls-failed",
        "an ssl error has occurred and a secure connection to the server can't be made": "tls-failed",
        "a tls error caused the secure connection to fail": "tls-failed",
        "system tls trust evaluation failed": "untrusted",
        "default tls trust evaluation failed": "untrusted",
        "tls trust encountered error": "untrusted",
        "tls trust evaluation failed": "untrusted",
        "tic ssl trust error": "untrusted",
        "encountered error(3: 9807)": "untrusted",
        "app transport security policy requires the use of a secure connection": "ats-cleartext",
        "app transport security has blocked a cleartext": "ats-cleartext",
        "blocked a cleartext http": "ats-cleartext",
        "a server with the specified hostname could not be found": "dns",
        "the request timed out": "timeout",
        "could not connect to the server": "refused",
        "the network connection was lost": "lost",
        **_LOCALISED,
        "local network prohibited": "local-network",  # TN3179, _NSURLErrorNWPathKey=unsatisfied (...)
        "the internet connection appears to be offline": "offline",
        "nosuchrecord": "dns",
        "nosuchname": "dns",
        "errsslhandshakefail": "handshake-failed",
        "errsslxcertchaininvalid": "untrusted",
        "errsslfatalalert": "ats-trust",
        "bad certificate format": "untrusted",
        "handshake failed at state": "noise says where, not why",
        "can't establish a secure connection to the server": "tls-failed",
        "can't verify the identity of the website": "untrusted",
        "this connection is not private": "heading untrusted",
        "this website may be impersonating": "untrusted",
        "failedtovalidatehostname": "name",
        "uncleanshutdown": "closed",
        "unabletovalidatecertificate": "untrusted",
        "performing external trust evaluation": "noise says that the app judges",
        "returning from external trust evaluation": "noise says that the app judges",
        "asyncing for external verify block": "noise says that the app judges",
        "hit maximum timestamp count": "noise a counter of Network.framework",
        # Apps' own pinning
        "no certificates were found or provided for evaluation": "app-pins-empty",
        "nocertificatesfound": "app-pins-empty",
        "no public keys were found or provided for evaluation": "app-pins-empty",
        "nopublickeysfound": "app-pins-empty",
        "norequiredevaluator": "app-no-evaluator",
        "a servertrustevaluating value is needed for host": "app-no-evaluator",
        "a servertrustevaluating value is required for host": "app-no-evaluator",
        "certificatepinningfailed": "pin",
        "publickeypinningfailed": "pin",
        "certificate pinning failed for host": "pin",
        "public key pinning failed for host": "pin",
        "pin validation failed": "pin",
        "public key pinning failed": "pin",
        "certificate pinning failure": "pin",
        "default ssl validation failed": "drop pin",
        "defaultevaluationfailed": "untrusted",
        "default evaluation failed for host": "untrusted",
        "hostvalidationfailed": "name",
        "host validation failed for host": "name",
        "revocationcheckfailed": "revocation-unknown",
        "customevaluationfailed": "app-rejected",
        "server trust evaluation failed due to reason": "untrusted",
        "servertrustevaluationfailed": "untrusted",
        "trustevaluationfailed": "untrusted",
        "server trust: server isn't trusted": "untrusted",
        "unable to evaluate certificate chain for server": "untrusted",
        "invalid ssl certificate": "untrusted",
        "invalid server certificate": "srv untrusted",  # SocketRocket SRWebSocket.m, SRWebSocketErrorDomain 23556
        "because safari can't find the server": "dns",
        "cannot verify server identity": "untrusted",  # Mail and Settings
        "cancelauthenticationchallenge": "cancelled",
        "explicitlycancelled": "cancelled",
        "sessiontaskfailed": "noise a wrapper",
    },
    patterns=(
        (
            "the server",
            r"the server \"[^\"]{1,255}\" requires a client certificate",
            "client-certificate-missing",
        ),
        ("the server", r"the server \"[^\"]{1,255}\" did not accept the certificate", "cli untrusted"),
        ("network.nwerror error 0", r"network\.nwerror error 0\b", "noise a POSIX error without its number"),
    ),
    end="client",
)
DEVICES = Vocabulary(
    "Apple tool or profile",
    "profiled and mdmclient logs; security(1); codesign(1); simctl; device-management documentation",
    {
        "mcinstallationerrordomain": "heading profile-invalid",
        "mcprofileerrordomain": "heading profile-invalid",
        "mcpayloaderrordomain": "heading profile-invalid",
        "mchttptransactionerrordomain": "noise the domain of MDM's requests",
        "mccertificateerrordomain": "profile-invalid",
        "mcmdmerrordomain": "heading profile-invalid",
        "profile installation failed": "profile-invalid",
        "the profile is invalid": "profile-invalid",
        "invalid profile": "profile-invalid",
        "could not be installed": "noise a heading",
        "the profile must originate from a user approved mdm server": "profile-invalid",
        "mcscsperrordomain": "scep",
        "mcsceperrordomain": "scep",
        "the scep server returned an invalid response": "scep",
        "cannot retrieve scep identity": "scep",
        "unable to obtain certificate from scep server": "scep",
        "ndesdevicerequest": "scep",
        "trust settings admin": "trust-settings-auth",
        "sectrustsettingssettrustsettings": "trust-settings-auth",
        "the authorization was denied since no user interaction was possible": "trust-settings-auth",
        "the authorization was denied": "trust-settings-auth",
        "com.apple.trust settings": "trust-settings-auth",
        "truststore.sqlite3": "simulator-store",
        "errsecinternalcomponent": "keychain-locked",
        "a required entitlement isn't present": "keychain-entitlement",
        "errsecmissingentitlement": "keychain-entitlement",
        "the specified item could not be found in the keychain": "keychain-not-found",
        "errsecitemnotfound": "keychain-not-found",
        "the specified item already exists in the keychain": "keychain-duplicate",
        "errsecduplicateitem": "keychain-duplicate",
        "user interaction is not allowed": "keychain-locked",
        "errsecinteractionnotallowed": "keychain-locked",
        "the user name or passphrase you entered is not correct": "p12-password",
        "errsecauthfailed": "p12-password",
        "mac verification failed during pkcs12 import": "p12-password",
        "errsecpkcs12verifyfailure": "p12-password",
        "unable to decode the provided data": "p12-unreadable",
        "errsecdecode": "p12-unreadable",
        "unknown format in import": "p12-unreadable",
        "passphrase is required for import/export": "p12-password",
        "unable to build chain to self signed root for signer": "codesign",
        "unable to build chain to self signed root": "codesign",
        "in architecture": "codesign",
        "code failed to satisfy specified code requirement": "codesign",
        "code or signature have been modified": "codesign",
        "code object is not signed at all": "codesign",
        "has not been explicitly trusted by the user": "developer-trust",
        "untrusted developer": "developer-trust",
        "untrusted enterprise developer": "developer-trust",
        "no signing certificate": "signing-identity",
        "doesn't include signing certificate": "signing-identity",
        "code signing error": "signing-identity",
        **dict.fromkeys(
            ("baddevicetoken", "devicetokennotfortopic", "topicdisallowed", "missingprovidertoken"),
            "http-status",
        ),
        **dict.fromkeys(("invalidprovidertoken", "expiredprovidertoken"), "http-status"),
        "badcertificateenvironment": "client-forbidden",  # APNs: Handling notification responses from APNs
        "resource fork, finder information, or similar detritus not allowed": "noise of codesign, about files",
    },
    patterns=(
        ("the server certificate for", r"the server certificate for .{1,300}? is invalid", "profile-tls"),
        ("the certificate for", r"the certificate for .{1,300}? is not trusted", "profile-tls"),
        ("the authenticity of", r"the authenticity of .{1,200}? cannot be verified", "profile-unverified"),
        ("authorizationdb", r"authorizationdb (write|read) com\.apple\.trust", "trust-settings-auth"),
        (
            "a connection to the server could not be established",
            r"a connection to the server could not",
            "no-route",
        ),
    ),
    end="client",
)
