"""The licences of what trustrig needs to run, by what the installed packages say of themselves."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distribution, requires

# Whose metadata names no SPDX expression: what their LICENSE files say, read in December 2026.
_OTHERWISE = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
}
# By no machine's own: the page is the same wherever it is made.
_MARKERS = {
    "extra": "",
    "python_version": "3.11",
    "python_full_version": "3.11.0",
    "sys_platform": "linux",
    "os_name": "posix",
}
_REMARKS = {
    "publicsuffixlist": "binds its own files, not yours; so does that of Mozilla's list in it",
    "cryptography": "its wheels carry OpenSSL (Apache-2.0)",
    "rich": "comes with Typer; trustrig does not import it",
}


_PAGE = """\
# Licences

trustrig is under the [Apache License 2.0](../LICENSE). It contains nobody else's code: of Apple's published source it
has names, numbers and constants, each cited where it stands. What it needs is installed beside it, unchanged:

| package | licence | remark |
|---|---|---|
{rows}

This page is generated. Versions and hashes are in [pylock.toml](../pylock.toml); `make sbom` writes a CycloneDX list
of what a wheel and its dependencies come to.
"""


def licences_page() -> str:
    """The table, of every package that `pip install` brings with it."""
    names = sorted(_needed("trustrig") - {"trustrig"})
    rows = [f"| {name} | {_licence(distribution(name))} | {_REMARKS.get(name, '')} |" for name in names]
    return _PAGE.format(rows="\n".join(rows))


def _needed(name: str) -> set[str]:
    """NAME and what it needs without any extra, and so on."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if one not in found:
            found.add(one)
            wanted = map(Requirement, requires(one) or ())
            waiting += [r.name for r in wanted if r.marker is None or r.marker.evaluate(dict(_MARKERS))]
    return found


def _licence(package: Distribution) -> str:
    about = package.metadata
    if "License-Expression" in about:
        return str(about["License-Expression"])
    named = [
        line.rpartition(":: ")[2] for line in about.get_all("Classifier") or () if line.startswith("License")
    ]
    words = [_OTHERWISE.get(one, one) for one in named] or [str(about["License"])]
    return " and ".join(words)
