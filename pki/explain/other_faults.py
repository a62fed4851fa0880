"""What is no decision about trust, or is decided on this machine: the network, files, keychains, profiles, browsers."""

from __future__ import annotations

from pki.explain.fault import CLIENT_VISIT, EVALUATE, SHOW, Fault, Telling, plain
from pki.model.explained import DecidedBy, Where

_TCP, _IMPORT, _NETWORK, _LOCAL = Where.TCP, Where.IMPORT, DecidedBy.NETWORK, DecidedBy.LOCAL
_NOT = DecidedBy.NOT_A_TRUST_DECISION

OTHER_FAULTS: tuple[Fault, ...] = (
    plain(
        "closed",
        34,
        Where.PARAMETERS,
        _NETWORK,
        Telling(
            "the connection was closed without an alert",
            "The other end, or something on the way, closed the connection during TLS and said nothing. No certificate "
            "was judged by this client.",
            (
                ("A firewall, a proxy or an SNI filter that does not like the host.", "closed"),
                (
                    "A load balancer without a server behind it, a server that crashes or is overloaded.",
                    "closed",
                ),
                (
                    "A server that wants a client certificate: its refusal can get lost.",
                    "client-refusal-lost",
                ),
            ),
            "who closed it",
            "the server's log; another network; the command",
            (SHOW, CLIENT_VISIT),
        ),
    ),
    plain(
        "reset",
        33,
        Where.PARAMETERS,
        _NETWORK,
        Telling(
            "the connection was reset",
            "A TCP reset (RST) ended the connection: no trust decision of this client.",
            (
                ("A firewall or filter, or a port where nobody speaks TLS.", "reset"),
                (
                    "A server that restarts, is overloaded, or wants a client certificate.",
                    "client-refusal-lost",
                ),
            ),
            "who reset it",
            "another network; the server's log",
            (SHOW,),
        ),
    ),
    plain(
        "lost",
        32,
        _TCP,
        _NETWORK,
        Telling(
            "the connection was lost",
            "The connection was cut off after it had begun: no trust decision.",
            (("A filter, a proxy, a network change, or a server that goes down.", "closed"),),
            next=(SHOW,),
        ),
    ),
    plain(
        "timeout",
        32,
        _TCP,
        _NETWORK,
        Telling(
            "nothing came in time",
            "The request timed out: no trust decision. Nothing was said about any certificate.",
            (
                ("The server is down or stuck, or a firewall drops what is sent to it.", "timeout"),
                ("The phone is not in the network (Wi-Fi, VPN) that leads there.", "timeout"),
            ),
            next=("nc -vz {host} PORT",),
        ),
    ),
    plain(
        "refused",
        32,
        _TCP,
        _NETWORK,
        Telling(
            "nobody listens there",
            "No TCP connection came about: the port is closed, or a firewall rejects. No trust decision.",
            (
                (
                    "The server is not running, or listens on another port or only on localhost.",
                    "connection-refused",
                ),
                ("On a phone, localhost is the phone itself.", "connection-refused"),
            ),
            next=("nc -vz {host} PORT",),
        ),
    ),
    plain(
        "dns",
        32,
        _TCP,
        _NETWORK,
        Telling(
            "the host name was not found (DNS)",
            "The name does not resolve, so no connection was made: no trust decision.",
            (
                (
                    "A typing error, or a name that only another network's DNS knows (VPN, .local).",
                    "no-such-name",
                ),
                ("No network at all.", "no-such-name"),
            ),
            next=("nslookup {host}",),
        ),
    ),
    plain(
        "offline",
        32,
        _TCP,
        _NETWORK,
        Telling(
            "no network connection",
            "The device is offline, or not allowed to use this network: no trust decision.",
            (
                ("No Internet connection (Wi-Fi, mobile data, flight mode).", "no-route"),
                ("The app lacks the permission for the local network or for mobile data.", "no-route"),
            ),
            next=("ping -c 1 {host}",),
        ),
    ),
    plain(
        "no-route",
        32,
        _TCP,
        _NETWORK,
        Telling(
            "no way leads to that host",
            "The network has no route to the host, or the system does not let the program out: no trust decision.",
            (
                ("Another network or VPN is needed.", "no-route"),
                (
                    "On iOS 14 and macOS 15 or later: the permission for the local network is missing.",
                    "no-route",
                ),
            ),
            next=("ping -c 1 {host}",),
        ),
    ),
    plain(
        "proxy-auth",
        49,
        _TCP,
        _NETWORK,
        Telling(
            "a proxy wants a login (407)",
            "The proxy on the way asks for a user and password. TLS to the host never began: no trust decision.",
            (("The proxy's credentials are missing or wrong.", "proxy"),),
            next=("curl -v --proxy-user USER https://{host}/",),
        ),
    ),
    plain(
        "proxy",
        48,
        _TCP,
        _NETWORK,
        Telling(
            "the proxy on the way fails or refuses",
            "The proxy was not reached, or did not open the tunnel. TLS to the host never began: no trust decision.",
            (("A wrong proxy setting, or a host that the proxy does not allow.", "proxy"),),
            next=("curl -v https://{host}/   # names the proxy it uses",),
        ),
    ),
    plain(
        "upstream",
        36,
        Where.NONE,
        _NETWORK,
        Telling(
            "the server behind the proxy did not answer",
            "The proxy could not reach its upstream; the text does not say that a certificate was judged.",
            (("The upstream is down, resets, or speaks another protocol (plain HTTP, TLS).", "closed"),),
            next=("curl -v https://{host}/",),
        ),
    ),
    plain(
        "close-notify",
        8,
        Where.NONE,
        _NOT,
        Telling(
            "an orderly end (close_notify)",
            "close_notify says that one end will send nothing more. It is a warning in good order, not an error.",
            next=("trustrig explain close_notify",),
        ),
    ),
    plain(
        "left-mid-handshake",
        48,
        Where.PATH,
        DecidedBy.CLIENT_REFUSED_SERVER,
        Telling(
            "the client left politely in the middle of the handshake",
            "The client ended the handshake with close_notify after it had seen the server's certificate. Clients of "
            "Apple's do so when they do not trust a RADIUS server; an alert about the certificate does not come.",
            (
                (
                    "The client does not trust the server's certificate: root not in the profile, name, dates.",
                    "server-certificate-refused",
                ),
                ("A person pressed Cancel in the trust dialog.", "server-certificate-refused"),
            ),
            "whether the client or a person said no",
            "the log of the client",
            ("trustrig inspect WIFI.mobileconfig",),
            ("chain-anchor-trusted",),
        ),
    ),
    plain(
        "cancelled",
        20,
        Where.NONE,
        _LOCAL,
        Telling(
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
        Telling(
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
        Telling(
            "the app's ServerTrustManager has no evaluator for this host",
            "The app demands a trust evaluator for every host and has none for this one. Nothing was decided about the "
            "certificate.",
            (
                (
                    "The host is missing in ServerTrustManager(evaluators:), or allHostsMustBeEvaluated should be false.",
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
        Telling(
            "the program's own certificate check refused",
            "The program's own callback refused the certificate; the text does not say why, nor whether the system would "
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
        "p12-password",
        76,
        _IMPORT,
        _LOCAL,
        Telling(
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
        Telling(
            "the .p12 uses an algorithm that this OpenSSL keeps in its legacy provider",
            "The file is encrypted with RC2-40 or another old algorithm, which OpenSSL 3 has in its legacy provider alone. "
            "The key to the file is not the problem.",
            (("An old tool, a Mac's Keychain Access or Windows wrote the file.", ""),),
            next=("openssl pkcs12 -legacy -in FILE.p12", "trustrig export p12 --from FILE.p12 -o NEW.p12"),
        ),
    ),
    plain(
        "legacy-algorithm",
        71,
        _IMPORT,
        _LOCAL,
        Telling(
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
        Telling(
            "the file could not be decoded",
            "What was given to the importer is not what it expects: no PKCS #12, a damaged file, or another format (PEM "
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
    plain(
        "key-mismatch",
        76,
        _IMPORT,
        _LOCAL,
        Telling(
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
        Telling(
            "a certificate or key file on this machine cannot be used",
            "A file with certificates or a key is missing, unreadable, or holds something else. No connection was judged.",
            (("A wrong path or permissions; DER where PEM is due; a key that needs a password.", ""),),
            next=("trustrig inspect FILE",),
        ),
    ),
    plain(
        "no-roots",
        74,
        _IMPORT,
        _LOCAL,
        Telling(
            "this client has no trusted roots at all",
            "The client's list of trusted roots (trust anchors, CA bundle) is empty or missing, so that nobody's chain can "
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
        Telling(
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
        Telling(
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
        Telling(
            "the keychain is locked, or no user can be asked",
            "A keychain message, not TLS: user interaction is needed (unlock, allow) and not possible here, as over ssh, "
            "in CI or while the device is locked.",
            (("Unlock it first, and set the partition list of the key.", ""),),
            next=("security unlock-keychain; security set-key-partition-list -S apple-tool:,apple:",),
        ),
    ),
    plain(
        "keychain-entitlement",
        28,
        _IMPORT,
        _NOT,
        Telling(
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
        Telling(
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
        Telling(
            "changing trust settings was not authorised",
            "To set trust needs an administrator who confirms with a password; without a session of a user (ssh, CI) the "
            "authorization is denied.",
            (
                ("Run it in a terminal of the logged-in user: sudo security add-trusted-cert -d ...", ""),
                ("In CI: a configuration profile or MDM.", ""),
            ),
            next=("trustrig install mac --print",),
        ),
    ),
    plain(
        "codesign",
        88,
        _IMPORT,
        _LOCAL,
        Telling(
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
    plain(
        "profile-tls",
        86,
        Where.PATH,
        DecidedBy.CLIENT_REFUSED_SERVER,
        Telling(
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
        Telling(
            "the profile was not installed",
            "The profile, or one payload of it, was refused by the device. No server was judged.",
            (
                (
                    "A payload lacks a key, holds a certificate that cannot be read, or refers to one that is not there.",
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
        Telling(
            "the profile is not signed, or by nobody that the device knows",
            "A warning, no failure: the profile can be installed. A root in it must then be switched on (full trust) under "
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
        Telling(
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
        Telling(
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
        Telling(
            "the media server is not configured as AVPlayer needs it",
            "AVPlayer needs HTTP byte-range requests (206) and a length; the server does not answer so. No trust decision.",
            (("A development server without support for Range.", ""),),
            next=("curl -v -r 0-1 {url}",),
        ),
    ),
    plain(
        "cleartext-android",
        70,
        Where.NONE,
        _NOT,
        Telling(
            "Android blocked a plain http:// load",
            "Android's network security configuration permits no cleartext HTTP to this host. No certificate was looked at.",
            (("The URL begins with http://; use https, or permit it in network_security_config.xml.", ""),),
            next=("curl -v https://{host}/",),
        ),
    ),
    plain(
        "cors",
        30,
        Where.NONE,
        _NOT,
        Telling(
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
        Telling(
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
        Telling(
            "the server answered over HTTP",
            "TLS went through, and the HTTP answer is an error of the application's. No trust decision.",
            (("The application's own rules.", ""),),
            next=("curl -v {url}",),
        ),
    ),
)
