"""Print constraints for pip: `lowest`, what pyproject.toml allows at the least of each dependency, or `locked`."""

import re
import sys
import tomllib
from pathlib import Path

TOP = Path(__file__).parent.parent


def lowest() -> list[str]:
    """What `[project] dependencies` begins at, each of which names a release."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = [re.match(r"([\w.-]+)>=([\d.]+)", line) for line in project["dependencies"]]
    return [f"{bound[1]}=={bound[2]}" for bound in bounds if bound]


def locked() -> list[str]:
    """What pylock.toml has."""
    packages = tomllib.loads((TOP / "pylock.toml").read_text(encoding="utf-8"))["packages"]
    return [f"{one['name']}=={one['version']}" for one in packages]


if __name__ == "__main__":
    sys.stdout.write("\n".join({"lowest": lowest, "locked": locked}[sys.argv[1]]()) + "\n")
