"""Names that are to lead to this machine, and what tells a system's resolver where: one home of the words and lines.

RFC 6761, 6.3 asks resolvers to answer for names under `localhost` themselves (SHOULD). curl does from 7.85 on, browsers
do, glibc alone does not, macOS did not before 26 by what people report. `.test` is nobody's (RFC 6761, 6.2).
"""

from __future__ import annotations

from typing import Final

LOCALHOST: Final = "localhost"
PROBE: Final = "trustrig-check.localhost"
"""The name that is asked about; any other one under `localhost` would do."""
DNS_PORT: Final = 8453
"""UDP, of our name server; ours. A line in a file of the system names it, so it is the same at each start."""


def mac_resolver_commands(domain: str, port: int = DNS_PORT) -> tuple[str, ...]:
    """What to type once on a Mac so that names in DOMAIN are asked of a server on 127.0.0.1: resolver(5)."""
    return (
        "sudo mkdir -p /etc/resolver",
        f"printf 'nameserver 127.0.0.1\\nport {port}\\n' | sudo tee /etc/resolver/{domain}",
    )


def domain_to_answer_for(name: str) -> str:
    """The domain that a server of ours may answer for so that NAME is found: all of one that nobody has, else NAME.

    Names under `localhost` and `test` are no DNS server's (RFC 6761, 6.2 and 6.3); of any other domain the rest is
    somebody's, who goes on answering for it.
    """
    name = name.removesuffix(".").lower()
    top = name.rpartition(".")[2]
    return top if top in (LOCALHOST, "test") else name


def below_localhost(name: str) -> bool:
    """Whether NAME is `localhost` or stands below it; case and a root dot are noise."""
    name = name.removesuffix(".").lower()
    return name == LOCALHOST or name.endswith(f".{LOCALHOST}")
