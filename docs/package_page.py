"""The page on the package index: README.md with links that work there, and the project's addresses.

Hatchling calls this when it builds. An index shows the page alone, so a relative link or picture is dead on it. All is
made from one value, `repository` under [tool.hatch.metadata.hooks.custom] in pyproject.toml; as long as that is empty
nothing is linked that could not be followed, and `.ci/releasable` lets nothing be published.
"""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
# README.md is read in a checkout, where one installs what is there; its reader on the index installs from there.
_HERE = re.compile(r"<!-- here -->\n.*?<!-- on the package index:\n(.*?)-->\n", re.DOTALL)


def page(readme: str, *, repository: str, version: str) -> str:
    """README with each relative link made absolute, of this version; without a REPOSITORY its text alone is left."""

    def absolute(found: re.Match[str]) -> str:
        picture, text, target = found["picture"], found["text"], found["target"]
        if target.startswith(("https://", "http://", "mailto:", "#")):
            return found[0]
        if not repository:
            return "" if picture else text
        return f"{picture}[{text}]({repository}/{'raw' if picture else 'blob'}/v{version}/{target})"

    return _LINK.sub(absolute, _HERE.sub(r"\1", readme))


def addresses(repository: str) -> dict[str, str]:
    """[project.urls], by the words that the index shows with a sign of their own."""
    if not repository:
        return {}
    return {
        "Source": repository,
        "Documentation": f"{repository}/tree/main/docs",
        "Changelog": f"{repository}/blob/main/CHANGELOG.md",
        "Issues": f"{repository}/issues",
        "Security": f"{repository}/blob/main/SECURITY.md",
    }


class CustomMetadataHook(MetadataHookInterface):
    """What Hatchling looks for here."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in the fields that pyproject.toml calls dynamic."""
        repository = self.config["repository"].removesuffix("/")
        readme = Path(self.root, "README.md").read_text(encoding="utf-8")
        version = runpy.run_path(str(Path(self.root, "pki/version.py")))["__version__"]
        text = page(readme, repository=repository, version=version)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = addresses(repository)
