"""Print Homebrew's formula for a tap: `python .ci/formula.py dist/trustrig-1.2.3.tar.gz >Formula/trustrig.rb`.

Of what trustrig needs, cryptography and pydantic are formulae of their own, since they are built with Rust; all else is
a resource, as locked. Where the sdist lies is `repository` of pyproject.toml, at the tag of its version.
"""

import hashlib
import re
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

TOP = Path(__file__).parent.parent
PYTHON = "3.14"
# What a formula of Homebrew's brings with it.
FORMULAE = {
    "cryptography": {"cryptography", "cffi", "pycparser"},
    "pydantic": {"pydantic", "pydantic-core", "annotated-types", "typing-inspection", "typing-extensions"},
}
FORMULA = """\
class Trustrig < Formula
  include Language::Python::Virtualenv

  desc "Test rig for TLS trust, for people who build apps for Apple platforms"
  homepage "{repository}"
  url "{url}"
  sha256 "{sha256}"
  license "Apache-2.0"

  depends_on "rust" => :build # for annotated-doc
{needs}
  depends_on "python@{python}"

{resources}
  def install
    virtualenv_install_with_resources(link_manpages: true)
    generate_completions_from_executable(bin/"trustrig", "completion")
  end

  test do
    system bin/"trustrig", "init", "--permit", "test"
    system bin/"trustrig", "issue", "server", "api.test"
    chain = "trustrig-ca/issued/api.test/fullchain.pem"
    assert_match "trusted", shell_output("#{{bin}}/trustrig evaluate #{{chain}} --host api.test --anchor trustrig-ca")
    shell_output("#{{bin}}/trustrig evaluate #{{chain}} --host www.test --anchor trustrig-ca", 1)
  end
end
"""
RESOURCE = """\
  resource "{name}" do
    url "{url}"
    sha256 "{sha256}"
  end
"""


def needed(name: str) -> set[str]:
    """NAME and what it needs on a Mac, and so on, by what is installed here."""
    found: set[str] = set()
    waiting = [name]
    place = {
        "extra": "",
        "python_version": PYTHON,
        "python_full_version": f"{PYTHON}.0",
        "sys_platform": "darwin",
    }
    while waiting:
        one = normal(waiting.pop())
        if one not in found:
            found.add(one)
            wanted = map(Requirement, requires(one) or ())
            waiting += [r.name for r in wanted if r.marker is None or r.marker.evaluate(dict(place))]
    return found


def normal(name: str) -> str:
    """NAME as an index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def formula(sdist: Path, *, repository: str) -> str:
    """The formula for SDIST."""
    locked = {
        normal(one["name"]): one for one in tomllib.loads((TOP / "pylock.toml").read_text())["packages"]
    }
    brought = set().union(*FORMULAE.values())
    resources = [
        RESOURCE.format(
            name=name, url=locked[name]["sdist"]["url"], sha256=locked[name]["sdist"]["hashes"]["sha256"]
        )
        for name in sorted(needed("trustrig") - {"trustrig"} - brought)
    ]
    version = sdist.name.removeprefix("trustrig-").removesuffix(".tar.gz")
    return FORMULA.format(
        repository=repository,
        url=f"{repository}/releases/download/v{version}/{sdist.name}",
        sha256=hashlib.sha256(sdist.read_bytes()).hexdigest(),
        needs="\n".join(f'  depends_on "{name}" => :no_linkage' for name in FORMULAE),
        python=PYTHON,
        resources="\n".join(resources),
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python .ci/formula.py SDIST")
    hooks = tomllib.loads((TOP / "pyproject.toml").read_text())["tool"]["hatch"]["metadata"]["hooks"]
    if not hooks["custom"]["repository"]:
        sys.exit("pyproject.toml: repository under [tool.hatch.metadata.hooks.custom] is not set")
    sys.stdout.write(formula(Path(sys.argv[1]), repository=hooks["custom"]["repository"]))
