"""PEM files in the shape that each server wants, and the lines of its configuration that name them.

Each row is held against that server's own reading of its configuration (tests/export/test_server_shapes.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pki.errors import InvalidRequest
from pki.export.pem import certificates_pem, fullchain_pem, key_pem
from pki.model.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pki.model.identity import Identity


@dataclass(frozen=True, slots=True)
class ServerFile:
    """One file: what is in it, in this order, of `fullchain`, `key` and `root`."""

    file: str
    parts: tuple[str, ...]

    @property
    def secret(self) -> bool:
        """Whether the private key is in it."""
        return "key" in self.parts


@dataclass(frozen=True, slots=True)
class ServerFormat:
    """One row: how a server wants its identity, and what it is told. `«file»` in a line is that file's path."""

    name: str
    files: tuple[ServerFile, ...]
    lines: tuple[str, ...]
    mutual: tuple[str, ...]
    """The same, with clients asked for certificates of this authority."""
    check: str
    """The server's own test of its configuration."""
    source: str
    note: str = ""


_USUAL: Final = (
    ServerFile("fullchain.pem", ("fullchain",)),
    ServerFile("key.pem", ("key",)),
    ServerFile("root.pem", ("root",)),
)
SHAPES: Final = {
    shape.name: shape
    for shape in (
        ServerFormat(
            "nginx",
            _USUAL,
            ('ssl_certificate "«fullchain.pem»";', 'ssl_certificate_key "«key.pem»";'),
            (
                'ssl_certificate "«fullchain.pem»";',
                'ssl_certificate_key "«key.pem»";',
                'ssl_client_certificate "«root.pem»";',
                "ssl_verify_client on;",
            ),
            "nginx -t",
            "nginx.org, ngx_http_ssl_module: the intermediates behind the server's certificate, in one file",
        ),
        ServerFormat(
            "apache",
            _USUAL,
            ("SSLEngine on", 'SSLCertificateFile "«fullchain.pem»"', 'SSLCertificateKeyFile "«key.pem»"'),
            (
                "SSLEngine on",
                'SSLCertificateFile "«fullchain.pem»"',
                'SSLCertificateKeyFile "«key.pem»"',
                'SSLCACertificateFile "«root.pem»"',
                "SSLVerifyClient require",
                "SSLVerifyDepth 3",
            ),
            "apachectl configtest",
            "httpd.apache.org, mod_ssl: SSLCertificateFile takes the intermediates as well since 2.4.8",
        ),
        ServerFormat(
            "haproxy",
            (ServerFile("haproxy.pem", ("fullchain", "key")), ServerFile("root.pem", ("root",))),
            ('bind :8443 ssl crt "«haproxy.pem»"',),
            ('bind :8443 ssl crt "«haproxy.pem»" ca-file "«root.pem»" verify required',),
            "haproxy -c -f /etc/haproxy/haproxy.cfg",
            "HAProxy's configuration manual, crt: certificate, chain and key in one PEM file",
        ),
        ServerFormat(
            "caddy",
            _USUAL,
            ('tls "«fullchain.pem»" "«key.pem»"',),
            (
                'tls "«fullchain.pem»" "«key.pem»" {',
                "    client_auth {",
                "        mode require_and_verify",
                '        trusted_ca_cert_file "«root.pem»"',
                "    }",
                "}",
            ),
            "caddy validate --config Caddyfile --adapter caddyfile",
            "caddyserver.com, tls directive",
        ),
        ServerFormat(
            "node",
            _USUAL,
            (
                "const server = https.createServer({",
                '  cert: fs.readFileSync("«fullchain.pem»"),',
                '  key: fs.readFileSync("«key.pem»"),',
                "}, app);",
            ),
            (
                "const server = https.createServer({",
                '  cert: fs.readFileSync("«fullchain.pem»"),',
                '  key: fs.readFileSync("«key.pem»"),',
                '  ca: fs.readFileSync("«root.pem»"), requestCert: true, rejectUnauthorized: true,',
                "}, app);",
            ),
            "node --check server.js",
            "nodejs.org, tls.createSecureContext: the chain behind the certificate, in cert",
            'Node as a client trusts the root with NODE_EXTRA_CA_CERTS="«root.pem»".',
        ),
        ServerFormat(
            "python",
            _USUAL,
            (
                "context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)",
                'context.load_cert_chain("«fullchain.pem»", "«key.pem»")',
            ),
            (
                "context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)",
                'context.load_cert_chain("«fullchain.pem»", "«key.pem»")',
                'context.load_verify_locations("«root.pem»")',
                "context.verify_mode = ssl.CERT_REQUIRED",
            ),
            "python -c 'import ssl; ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain("
            '"«fullchain.pem»", "«key.pem»")\'',
            "docs.python.org, ssl.SSLContext.load_cert_chain",
            "uvicorn takes the same two as --ssl-certfile and --ssl-keyfile.",
        ),
        ServerFormat(
            "postgres",
            (
                ServerFile("server.crt", ("fullchain",)),
                ServerFile("server.key", ("key",)),
                ServerFile("root.crt", ("root",)),
            ),
            ("ssl = on", "ssl_cert_file = '«server.crt»'", "ssl_key_file = '«server.key»'"),
            (
                "ssl = on",
                "ssl_cert_file = '«server.crt»'",
                "ssl_key_file = '«server.key»'",
                "ssl_ca_file = '«root.crt»'",
                "# and in pg_hba.conf: hostssl all all all cert",
            ),
            "pg_ctl reload, then: psql -c 'SHOW ssl'",
            "postgresql.org, 'Secure TCP/IP Connections with SSL': the key of mode 0600, the server's own",
            'The key has to be the server\'s own: sudo chown postgres: "«server.key»"',
        ),
        ServerFormat(
            "redis",
            _USUAL,
            (
                "tls-port 6380",
                'tls-cert-file "«fullchain.pem»"',
                'tls-key-file "«key.pem»"',
                'tls-ca-cert-file "«root.pem»"',
                "tls-auth-clients no",
            ),
            (
                "tls-port 6380",
                'tls-cert-file "«fullchain.pem»"',
                'tls-key-file "«key.pem»"',
                'tls-ca-cert-file "«root.pem»"',
                "tls-auth-clients yes",
            ),
            "redis-server CONFIG",
            "redis.io, TLS",
            'The key has to be readable by Redis: sudo chown redis: "«key.pem»"',
        ),
        ServerFormat(
            "mosquitto",
            _USUAL,
            ("listener 8883", "certfile «fullchain.pem»", "keyfile «key.pem»"),
            (
                "listener 8883",
                "certfile «fullchain.pem»",
                "keyfile «key.pem»",
                "cafile «root.pem»",
                "require_certificate true",
                "use_identity_as_username true",
            ),
            "mosquitto -c CONFIG",
            "mosquitto.conf(5)",
            'The key has to be readable by Mosquitto: sudo chown mosquitto: "«key.pem»"',
        ),
        ServerFormat(
            "stunnel",
            _USUAL,
            ("cert = «fullchain.pem»", "key = «key.pem»"),
            ("cert = «fullchain.pem»", "key = «key.pem»", "CAfile = «root.pem»", "verifyChain = yes"),
            "stunnel CONFIG",
            "stunnel(8)",
        ),
    )
}
_ELSEWHERE: Final = {
    **dict.fromkeys(
        ("java", "tomcat", "spring", "jetty", "kafka"),
        "Java reads key stores: trustrig export keystore NAME -o server.p12",
    ),
    **dict.fromkeys(
        ("windows", "iis", "exchange"), "Windows reads .pfx files: trustrig export pfx NAME -o server.pfx"
    ),
}
_OTHER_WORDS: Final = {
    "apache2": "apache",
    "httpd": "apache",
    "nodejs": "node",
    "postgresql": "postgres",
    "uvicorn": "python",
    "stunnel4": "stunnel",
    "valkey": "redis",
}
# In one server or another each of them ends a quoted path, or begins a variable.
_UNFIT: Final = "\"'`\\$%{}\n\r\t"


def shape_named(text: str) -> ServerFormat:
    """Return the row of the server called TEXT.

    Raises:
        InvalidRequest: there is none, or it reads something else than PEM; the error says which command writes that.
    """
    word = text.lower()
    word = _OTHER_WORDS.get(word, word)
    if word in _ELSEWHERE:
        raise InvalidRequest(f"{text} does not read PEM", hint=_ELSEWHERE[word])
    if word not in SHAPES:
        close = did_you_mean(word, (*SHAPES, *_ELSEWHERE, *_OTHER_WORDS))
        raise InvalidRequest(
            f"no server is called {text!r} here",
            hint=f"{close}There is {', '.join(SHAPES)}. Most others take what --layout nginx writes.",
        )
    return SHAPES[word]


def shaped(identity: Identity, shape: ServerFormat) -> Mapping[str, bytes]:
    """Return the files of SHAPE by name."""
    content = {
        "fullchain": fullchain_pem(identity),
        "key": key_pem(identity),
        # Of an intermediate that was adopted without its root, the highest issuer there is.
        "root": certificates_pem(identity.issuers[-1:]),
    }
    files = {part.file: b"".join(content[name] for name in part.parts) for part in shape.files}
    return {file: data for file, data in files.items() if data}


def written(lines: tuple[str, ...], shape: ServerFormat, folder: Path) -> tuple[str, ...]:
    """Return LINES with the paths of SHAPE's files in FOLDER, an absolute path.

    Raises:
        InvalidRequest: a character in the path means something else to a server.
    """
    unfit = sorted({character for character in str(folder) if character in _UNFIT})
    if unfit:
        raise InvalidRequest(
            f"the folder {str(folder)!r} has {' and '.join(map(repr, unfit))} in its path, which means something else "
            "in a server's configuration",
            hint="Choose another folder.",
        )
    found = []
    for line in lines:
        for part in shape.files:
            line = line.replace(f"«{part.file}»", str(folder / part.file))
        found.append(line)
    return tuple(found)
