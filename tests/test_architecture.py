"""What docs/architecture.md says of places, held against the code: who touches disk, network, programs and clocks.

Read off the syntax trees, so that a call in a branch that no test enters counts as well.
"""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests import sources

TOP, PKI = Path(__file__).parents[1], sources.root("pki")
PAGE = " ".join((TOP / "docs" / "architecture.md").read_text().split())

# Methods of `Path` and of folders that no other class here has.
DISK_METHODS = frozenset(
    [
        "read_bytes",
        "write_bytes",
        "read_text",
        "write_text",
        "mkdir",
        "rmdir",
        "unlink",
        "iterdir",
        "is_file",
        "is_dir",
        "is_symlink",
        "lstat",
        "exists",
        "rename",
        "chmod",
        "touch",
        "hardlink_to",
        "symlink_to",
        "samefile",
        "rglob",
    ]
)
DISK_CALLS = frozenset(
    [
        "open",
        "os.open",
        "os.fdopen",
        "os.fsync",
        "os.truncate",
        "os.ftruncate",
        "os.rename",
        "os.replace",
        "os.link",
        "os.unlink",
        "os.remove",
        "os.mkdir",
        "os.makedirs",
        "os.scandir",
        "os.listdir",
        "os.walk",
        "os.stat",
        "os.path.exists",
        "os.path.lexists",
        "os.chmod",
        "os.getcwd",
    ]
)
DISK_MODULES = ("shutil", "tempfile", "fcntl", "filelock", "glob")
SOCKET_MODULES = ("socket", "selectors", "select", "asyncio", "socketserver", "http.client", "http.server")
FETCH_MODULES = ("urllib.request",)
PROGRAM_MODULES = ("subprocess", "multiprocessing", "pty", "concurrent.futures")
PROGRAM_CALLS = frozenset({"os.system", "os.fork", "os.kill", "os.killpg", "os.execv", "os.posix_spawn"})
CLOCKS = frozenset(
    [
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
        "time.time",
        "time.time_ns",
        "time.localtime",
        "time.gmtime",
        "time.strftime",
    ]
)
STOPWATCHES = frozenset({"time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.sleep"})


@dataclass(frozen=True, slots=True)
class Uses:
    """What one module imports, which dotted names it uses, and the methods it calls, with the number of arguments."""

    imported: frozenset[str]
    names: frozenset[str]
    methods: frozenset[tuple[str, int]]


@cache
def library() -> dict[str, Uses]:
    """Every module of the library, by its path below `pki`."""
    paths = sorted(PKI.rglob("*.py"))
    return {
        path.relative_to(PKI).as_posix(): _uses(list(ast.walk(ast.parse(path.read_text())))) for path in paths
    }


def _uses(nodes: list[ast.AST]) -> Uses:
    known: dict[str, str] = {}  # what a name at the beginning of a dotted one stands for
    imported: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            imported.update(one.name for one in node.names)
            known |= {one.asname: one.name for one in node.names if one.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module)
            known |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    read = [
        node
        for node in nodes
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load)
    ]
    names = {_dotted(node, known) for node in read}
    called = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    # What is part of the package itself (importlib.resources) is no file of anybody's.
    methods = {
        (call.func.attr, len(call.args))
        for call in called
        if isinstance(call.func, ast.Attribute) and "files(" not in ast.unparse(call.func.value)
    }
    return Uses(frozenset(imported | set(known.values())), frozenset(names), frozenset(methods))


def _dotted(node: ast.AST, known: dict[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join((known.get(node.id, node.id), *reversed(parts)))


def imports(*wanted: str) -> set[str]:
    return {
        path
        for path, found in library().items()
        if any(name == one or name.startswith(f"{one}.") for name in found.imported for one in wanted)
    }


def uses(wanted: frozenset[str]) -> set[str]:
    return {path for path, found in library().items() if not wanted.isdisjoint(found.names)}


def calls(wanted: frozenset[str], arguments: int | None = None) -> set[str]:
    """The modules that call one of the methods WANTED, with so many ARGUMENTS or with any number."""
    return {
        path
        for path, found in library().items()
        if any(name in wanted and arguments in (None, count) for name, count in found.methods)
    }


def packages(paths: set[str]) -> set[str]:
    return {path.partition("/")[0] for path in paths}


def test_the_page_names_the_layers_that_the_imports_are_held_to() -> None:
    said = re.search(r"`(errors < [^`]*)`", PAGE)
    assert said is not None
    order = [{name.strip() for name in layer.split(",")} for layer in said[1].split("<")]
    contracts = tomllib.loads((TOP / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one.get("containers") == ["pki"])
    assert order == [{name.strip() for name in layer.split(":")} for layer in reversed(layers)]
    assert {path.name for path in PKI.iterdir() if (path / "__init__.py").exists()} == set().union(*order) - {
        "errors"
    }


def test_the_disk_is_touched_where_the_page_says() -> None:
    assert (
        "Disk is touched in `store`, `manifest`, `audit` and `install`, and read in `load/paths.py` and `load/tree.py`"
        in PAGE
    )
    touching = imports(*DISK_MODULES) | uses(DISK_CALLS) | calls(DISK_METHODS)
    assert packages(touching - {"load/paths.py", "load/tree.py"}) == {"store", "manifest", "audit", "install"}


def test_sockets_are_opened_where_the_page_says() -> None:
    assert "sockets in `handshake`, `live`, `front` and `install`" in PAGE
    assert packages(imports(*SOCKET_MODULES)) == {"handshake", "live", "front", "install"}
    assert "the one fetch of `--fetch` is `handshake/issuer_fetch.py`" in PAGE
    # Beside it, the standard library's reading of what the environment says of proxies.
    assert imports(*FETCH_MODULES) == {"handshake/issuer_fetch.py", "live/proxies.py"}


def test_one_loop_accepts_and_one_module_listens() -> None:
    assert "One loop serves everything that listens on TCP (`handshake/serving/server_loop.py`)" in PAGE
    assert "DTLS has a loop of its own" in PAGE
    assert calls(frozenset({"accept"}), arguments=0) == {"handshake/serving/server_loop.py"}
    assert calls(frozenset({"bind"}), arguments=1) == {"handshake/serving/listeners.py"}
    assert imports("selectors") == {
        "handshake/serving/server_thread.py",
        "handshake/serving/server_loop.py",
        "handshake/serving/connection.py",
        "handshake/dialling.py",  # several addresses of one name tried at once
    }


def test_http_is_read_in_one_place() -> None:
    assert "HTTP is read in one place (`request_reader.py`), by h11" in PAGE
    assert imports("h11") == {"handshake/serving/request_reader.py"}


def test_other_programs_are_run_where_the_page_says() -> None:
    assert "Other programs are run by `install/process.py`, and mkcert by `store/mkcert.py`" in PAGE
    assert "processes of our own by `audit/engines/pool.py`" in PAGE
    own = {"audit/engines/pool.py", "audit/engines/worker.py"}
    # What Dask raises of a connection that was lost is the standard library's.
    assert imports("concurrent.futures") - own == {"audit/engines/cluster.py"}
    programs = tuple(one for one in PROGRAM_MODULES if one != "concurrent.futures")
    assert imports(*programs) | uses(PROGRAM_CALLS) == {"install/process.py", "store/mkcert.py", *own}


def test_time_is_an_argument() -> None:
    assert "Time is an argument everywhere" in PAGE
    # The age of a folder that a killed process left, beside what the file system says.
    assert uses(CLOCKS) == {"store/new_folder.py"}
    assert packages(uses(STOPWATCHES)) == {"handshake", "front", "audit", "install", "store"}


def test_the_environment_and_the_standard_streams_are_the_shell_s() -> None:
    assert "it reads no environment variable and no standard stream" in PAGE
    assert uses(frozenset({"os.environ", "os.getenv", "os.environb"})) == set()
    assert uses(frozenset({"sys.stdin", "sys.stdout", "sys.stderr"})) == set()
    assert uses(frozenset({"print", "input"})) == set()


@pytest.mark.parametrize("module", ["pydantic", "pydantic_core"])
def test_manifests_alone_need_pydantic(module: str) -> None:
    assert packages(imports(module)) == {"manifest"}


def test_strangers_certificates_and_keys_are_loaded_in_one_module() -> None:
    assert (
        "`model/foreign.py` does (a key: `model/foreign_keys.py`), and turns all that it raises into `Unreadable`"
        in PAGE
    )
    loaders = {
        path: {name for name in found.names | {name for name, _ in found.methods} if _LOADER.search(name)}
        for path, found in library().items()
    }
    assert {path for path, found in loaders.items() if found} == {"model/foreign.py", "model/foreign_keys.py"}


_LOADER = re.compile(r"(?:^|\.)load_(?:der|pem|pkcs12|ssh|key_and)_\w+\Z|(?:^|\.)load_pkcs12\Z")
