"""The network below TLS: no decision about trust."""

from __future__ import annotations

from pki.explain.fault import CLIENT_VISIT, SHOW, Fault, FaultText, plain
from pki.model.text_explanation import DecidedBy, Where

_TCP, _NETWORK = Where.TCP, DecidedBy.NETWORK
_NOT = DecidedBy.NOT_A_TRUST_DECISION

NETWORK_FAULTS: tuple[Fault, ...] = (
    plain(
        "closed",
        34,
        Where.PARAMETERS,
        _NETWORK,
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
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
        FaultText(
            "the server behind the proxy did not answer",
            "The proxy could not reach its upstream; the text does not say that a certificate was judged.",
            (("The upstream is down, resets, or speaks another protocol (plain HTTP, TLS).", "closed"),),
            next=("curl -v {url}",),
        ),
    ),
    plain(
        "close-notify",
        8,
        Where.NONE,
        _NOT,
        FaultText(
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
        FaultText(
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
)
