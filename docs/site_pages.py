"""The pages of the site as they are staged: docs/ with its files, and the pages of the checkout's top folder."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path, PurePosixPath

# What the site shows of the top folder, and where; all else of the site lies under docs/ as it is in the checkout.
TOP_PAGES = {
    "README.md": "README.md",
    "CHANGELOG.md": "project/changes.md",
    "SECURITY.md": "project/security.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "LICENSE": "project/LICENSE.txt",
    "pylock.toml": "project/pylock.toml",
}
_LEFT_OUT = {".py", ".pyc", ".1"}  # what generates pages is none; a man page is for `man`
_LINK = re.compile(r"(\]\()([^)#:\s]+)((?:#[^)\s]*)?\))")


class NotOnTheSite(ValueError):
    """A page links to a file that the site does not have."""


def staged_names(top: Path) -> dict[str, str]:
    """Every file of the site: its path in the checkout TOP, and its path below the staged pages."""
    docs = (path.relative_to(top).as_posix() for path in sorted((top / "docs").rglob("*")) if path.is_file())
    found = {path: path.removeprefix("docs/") for path in docs if PurePosixPath(path).suffix not in _LEFT_OUT}
    return found | {path: staged for path, staged in TOP_PAGES.items() if (top / path).is_file()}


def stage(top: Path, folder: Path) -> list[str]:
    """Write the site's pages into FOLDER, which is made anew; the paths of the pages below it.

    Raises:
        NotOnTheSite: a page links to a file that is not among them.
    """
    names = staged_names(top)
    shutil.rmtree(folder, ignore_errors=True)
    for path, staged in names.items():
        target = folder / staged
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith(".md"):
            target.write_text(_relinked(top, path, names), encoding="utf-8")
        else:
            shutil.copyfile(top / path, target)
    return [staged for staged in names.values() if staged.endswith(".md")]


def _relinked(top: Path, path: str, names: dict[str, str]) -> str:
    """The page at PATH with its relative links as they are where it is staged; code blocks stay."""
    here = PurePosixPath(names[path]).parent

    def moved(link: re.Match[str]) -> str:
        target = os.path.normpath(PurePosixPath(path).parent / link[2])
        if target not in names:
            raise NotOnTheSite(f"{path} links to {link[2]}, which is no file of docs/ and none of TOP_PAGES")
        return f"{link[1]}{os.path.relpath(names[target], here)}{link[3]}"

    text = (top / path).read_text(encoding="utf-8")
    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else _LINK.sub(moved, part) for part in parts)
