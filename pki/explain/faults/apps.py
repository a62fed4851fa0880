"""What an app, a profile, a tool or a browser decides by itself."""

from __future__ import annotations

from pki.explain.fault import EVALUATE, Fault, FaultText, plain
from pki.model.text_explanation import DecidedBy, Where

_IMPORT, _LOCAL = Where.IMPORT, DecidedBy.LOCAL
_NOT = DecidedBy.NOT_A_TRUST_DECISION

APP_FAULTS: tuple[Fault, ...] = (
    plain(
        "cancelled",
        20,
        Where.NONE,
        _LOCAL,
        FaultText(
            "the task was cancelled, or the app's own code refused the challenge",
            "The app ended the request itself: by cancelling it, or by refusing the authentication challenge (its own "
            "trust or pinning code). The code alone is no trust verdict.",
            (
                (
                    "The delegate answered cancelAuthenticationChallenge: a pin or a check of the app's.",
                    "ats-pin",
                ),
                ("The task was cancelled: a view went away, a new request took over.", ""),
            ),
            "a cancelled task or a refused certificate",
            "a breakpoint in urlSession(_:didReceive:completionHandler:)",
            (EVALUATE,),
        ),
    ),
    plain(
        "app-pins-empty",
        76,
        Where.PINNING,
        _LOCAL,
        FaultText(
            "the app has no pinned certificates to compare with",
            "The app's pinning code found no certificates in its bundle. Nothing was decided about the server.",
            (("The .cer is PEM and must be DER, or it is not copied into the app's bundle.", "ats-pin"),),
            next=("openssl x509 -in SERVER.pem -outform DER -out SERVER.cer",),
            rules=("ats-pin-leaf",),
        ),
    ),
    plain(
        "app-no-evaluator",
        76,
        Where.PINNING,
        _LOCAL,
        FaultText(
            "the app's ServerTrustManager has no evaluator for this host",
            "The app demands a trust evaluator for every host and has none for this one. Nothing was decided about the "
            "certificate.",
            (
                (
                    "The host is missing in ServerTrustManager(evaluators:), or allHostsMustBeEvaluated "
                    "should be false.",
                    "",
                ),
            ),
            next=(EVALUATE,),
        ),
    ),
    plain(
        "app-rejected",
        47,
        Where.NONE,
        DecidedBy.CLIENT_REFUSED_SERVER,
        FaultText(
            "the program's own certificate check refused",
            "The program's own callback refused the certificate; the text does not say why, nor whether "
            "the system would "
            "have trusted it (root, name, dates).",
            (
                ("A pin or a check in the program's code.", "ats-pin"),
                ("The chain: root or intermediate.", "unknown-root"),
            ),
            next=(EVALUATE,),
            rules=("chain-anchor-trusted",),
        ),
    ),
    plain(
        "profile-tls",
        86,
        Where.PATH,
        DecidedBy.CLIENT_REFUSED_SERVER,
        FaultText(
            "while installing a profile, the server's certificate was not trusted",
            "The device did not trust the TLS certificate of the MDM or SCEP server named in the profile.",
            (
                (
                    "The root is not installed and trusted on the device; put it into the profile.",
                    "unknown-root",
                ),
                ("The name or address in the URL is not in the certificate's SAN.", "wrong-host"),
            ),
            "root or name",
            "evaluating the server",
            (EVALUATE,),
            ("chain-anchor-trusted", "san-dns-match", "san-ip-type"),
        ),
    ),
    plain(
        "profile-invalid",
        66,
        _IMPORT,
        _LOCAL,
        FaultText(
            "the profile was not installed",
            "The profile, or one payload of it, was refused by the device. No server was judged.",
            (
                (
                    "A payload lacks a key, holds a certificate that cannot be read, or refers to one that "
                    "is not there.",
                    "",
                ),
            ),
            next=("trustrig inspect --check FILE.mobileconfig",),
        ),
    ),
    plain(
        "profile-unverified",
        60,
        _IMPORT,
        _NOT,
        FaultText(
            "the profile is not signed, or by nobody that the device knows",
            "A warning, no failure: the profile can be installed. A root in it must then be switched on "
            "(full trust) under "
            "Settings > General > About > Certificate Trust Settings.",
            (("An unsigned profile, or one that is signed by a private CA.", ""),),
            next=("trustrig inspect FILE.mobileconfig",),
        ),
    ),
    plain(
        "scep",
        64,
        _IMPORT,
        _NOT,
        FaultText(
            "the SCEP server's answer cannot be used",
            "The SCEP exchange failed over HTTP or in its own protocol; the profile is rolled back. No trust decision.",
            (("URL, challenge or name in the SCEP payload; look at the SCEP server's log.", ""),),
            next=("curl -v '{url}?operation=GetCACaps'",),
        ),
    ),
    plain(
        "simulator-store",
        60,
        _IMPORT,
        _NOT,
        FaultText(
            "a tool looked for an old trust store of the simulator",
            "A file that older tools edited does not exist in today's simulators (simctl). Nothing was decided about a "
            "server.",
            (("The tool is older than the simulator's runtime.", ""),),
            next=("xcrun simctl keychain booted add-root-cert ROOT.pem", "trustrig install simulator"),
        ),
    ),
    plain(
        "media-range",
        40,
        Where.NONE,
        _NOT,
        FaultText(
            "the media server is not configured as AVPlayer needs it",
            "AVPlayer needs HTTP byte-range requests (206) and a length; the server does not answer so. No "
            "trust decision.",
            (("A development server without support for Range.", ""),),
            next=("curl -v -r 0-1 {url}",),
        ),
    ),
    plain(
        "cleartext-android",
        70,
        Where.NONE,
        _NOT,
        FaultText(
            "Android blocked a plain http:// load",
            "Android's network security configuration permits no cleartext HTTP to this host. No "
            "certificate was looked at.",
            (("The URL begins with http://; use https, or permit it in network_security_config.xml.", ""),),
            next=("curl -v https://{host}/",),
        ),
    ),
    plain(
        "cors",
        30,
        Where.NONE,
        _NOT,
        FaultText(
            "the browser hides the reason (CORS or a blocked request)",
            "A page's script gets no reason: CORS (another origin), no network, or a certificate look alike to it. By "
            "itself this is not a trust decision.",
            (
                ("The server does not send Access-Control-Allow-Origin for this origin.", ""),
                ("The request failed below: open the URL itself, or look at the network panel.", ""),
            ),
            "CORS, network or certificate",
            "the URL opened on its own",
            ("curl -v {url}",),
        ),
    ),
    plain(
        "bad-url",
        22,
        Where.NONE,
        _LOCAL,
        FaultText(
            "the URL itself cannot be used",
            "The URL is malformed or of a scheme that is not supported; no connection was made. No trust decision.",
            (("A typing error, a missing scheme, or characters that are not escaped.", ""),),
            next=("curl -v URL",),
        ),
    ),
    plain(
        "http-status",
        22,
        Where.NONE,
        _NOT,
        FaultText(
            "the server answered over HTTP",
            "The server was reached, and its answer is an error of the application's. No trust decision.",
            (("The application's own rules, or the address it was asked for.", ""),),
            next=("curl -v {url}",),
        ),
    ),
)
