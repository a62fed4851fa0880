"""Print the lowest release that pyproject.toml allows of each dependency, as constraints for pip."""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path(__file__).parent.with_name("pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
for line in project["dependencies"]:
    name, lowest = re.fullmatch(r"([\w.-]+)>=([\d.]+)(?:,<[\d.]+)?", line).groups()
    sys.stdout.write(f"{name}=={lowest}\n")
