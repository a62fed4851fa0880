"""Stand-ins for Apple's programs, as executables on PATH: they record each call, and remember what was put where.

They answer in the words of the real ones, which cannot run here. What a test asks of one besides is in its orders.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IPHONE = "11111111-2222-3333-4444-555555555555"
IPAD = "AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE"
WATCH = "12345678-9ABC-DEF0-1234-56789ABCDEF0"
SPARE = "99999999-8888-7777-6666-555555555555"

PROGRAM = """
import base64, hashlib, json, os, shlex, sys, time
from pathlib import Path

top = Path(__file__).parent
name, words = Path(sys.argv[0]).name, sys.argv[1:]
with (top / "calls").open("a") as log:
    log.write(json.dumps([name, *words]) + "\\n")
for order in json.loads((top / "orders").read_text()):
    if order["words"] == [word for word in [name, *words] if word in order["words"]]:
        sys.stderr.write(order.get("err", ""))
        sys.stdout.write(order.get("out", ""))
        sys.stdout.flush()
        time.sleep(order.get("sleep", 0))
        if "code" in order:
            sys.exit(order["code"])

state_file = top / "state"
state = json.loads(state_file.read_text())

def leave(code, err=""):
    state_file.write_text(json.dumps(state))
    sys.stderr.write(err)
    sys.exit(code)

def certificate(path):
    text = Path(path).read_text()
    assert text.count("BEGIN CERTIFICATE") == 1, text
    return base64.b64decode("".join(text.split("-----")[2].split()))

def sha1(path):
    return hashlib.sha1(certificate(path)).hexdigest().upper()

if name == "launchctl":
    print(state["session"])
elif name == "xcode-select":
    print("/Applications/Xcode.app/Contents/Developer")
elif name == "xcrun":
    assert words.pop(0) == "simctl"
    chosen = "default"
    if words[0] == "--set":
        chosen, words = words[1], words[2:]
    devices = state["sets"].get(chosen)
    if devices is None:
        leave(1, "Invalid device set: " + chosen + "\\n")
    if words[0] == "list":
        print(json.dumps({"devices": devices}))
        leave(0)
    udid = words[1]
    mine = [d for runtime in devices.values() for d in runtime if d["udid"] == udid]
    if not mine:
        leave(148, "Invalid device: " + udid + "\\n")
    if words[0] == "bootstatus":
        mine[0]["state"] = "Booted"
        leave(0)
    if mine[0]["state"] != "Booted":
        leave(149, "An error was encountered processing the command (domain=com.apple.CoreSimulator.SimError, "
              "code=405):\\nUnable to lookup in current state: " + mine[0]["state"] + "\\n")
    held = state["simulators"].setdefault(udid, [])
    if words[2] == "reset":
        held.clear()
    else:
        assert words[2] in ("add-root-cert", "add-cert"), words
        held.append([words[2], sha1(words[3])])
elif name == "security":
    password = None
    if words == ["-i"]:
        words = shlex.split(sys.stdin.read())
    verb, rest = words[0], words[1:]
    certificates, trusted, identities = state["certificates"], state["trusted"], state["identities"]
    if verb == "add-certificates":
        found = sha1(rest[2])
        if found in certificates:
            leave(1, "security: " + rest[2] + ": already in " + rest[1] + "\\n")
        certificates[found] = rest[1]
    elif verb == "add-trusted-cert":
        assert rest[:6] == ["-r", "trustRoot", "-p", "ssl", "-p", "basic"], rest
        trusted[sha1(rest[6])] = True
    elif verb == "remove-trusted-cert":
        if trusted.pop(sha1(rest[0]), None) is None:
            leave(1, "SecTrustSettingsRemoveTrustSettings: The specified item could not be found in the keychain.\\n")
    elif verb in ("delete-certificate", "delete-identity"):
        kept = identities if verb == "delete-identity" else certificates
        assert rest[0] == "-Z", rest
        if kept.get(rest[1]) != rest[2]:
            leave(1, 'Unable to delete certificate matching "' + rest[1] + '"')
        del kept[rest[1]]
    elif verb == "import":
        from cryptography.hazmat.primitives.hashes import SHA1
        from cryptography.hazmat.primitives.serialization import pkcs12
        options = dict(zip(rest[1::2], rest[2::2]))
        assert options["-f"] == "pkcs12", rest
        key, cert, others = pkcs12.load_key_and_certificates(Path(rest[0]).read_bytes(), options["-P"].encode())
        assert not others and os.stat(rest[0]).st_mode & 0o777 == 0o600
        identities[cert.fingerprint(SHA1()).hex().upper()] = options["-k"]
        print("1 identity imported.")
    else:
        leave(2, "unknown command")
leave(0)
"""


def device(udid: str, name: str, state: str = "Booted", **more: Any) -> dict[str, Any]:
    """One device of a list, as Xcode 26 writes it."""
    return {
        "dataPath": f"/Users/x/Library/Developer/CoreSimulator/Devices/{udid}/data",
        "dataPathSize": 18337792,
        "udid": udid,
        "isAvailable": True,
        "state": state,
        "name": name,
        **more,
    }


def listing(*devices: dict[str, Any], runtime: str = "iOS-26-1") -> dict[str, list[dict[str, Any]]]:
    """The devices of one runtime, beside one that has none."""
    return {
        "com.apple.CoreSimulator.SimRuntime.tvOS-26-0": [],
        f"com.apple.CoreSimulator.SimRuntime.{runtime}": list(devices),
    }


@dataclass(frozen=True)
class Tools:
    """The stand-ins in a folder."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, *devices: dict[str, Any]) -> Tools:
        """Put xcrun, xcode-select, security and launchctl into FOLDER, with DEVICES in the default set."""
        folder.mkdir()
        for name in ("xcrun", "xcode-select", "security", "launchctl"):
            (folder / name).write_text(f"#!{sys.executable}\n{PROGRAM}")
            (folder / name).chmod(0o755)
        (folder / "orders").write_text("[]")
        (folder / "calls").touch()
        tools = cls(folder)
        tools.change(
            session="Aqua",
            sets={"default": listing(*devices)},
            simulators={},
            certificates={},
            trusted={},
            identities={},
        )
        return tools

    @property
    def path(self) -> str:
        """A PATH that finds them first."""
        return f"{self.folder}{os.pathsep}{os.environ['PATH']}"

    @property
    def state(self) -> dict[str, Any]:
        """What the stand-ins remember."""
        found: dict[str, Any] = json.loads((self.folder / "state").read_text())
        return found

    def change(self, **values: Any) -> None:
        """Make them remember something else."""
        old = self.state if (self.folder / "state").exists() else {}
        (self.folder / "state").write_text(json.dumps(old | values))

    def order(self, *words: str, **reply: Any) -> None:
        """Answer calls that contain WORDS, in this order, with `err`, `out`, `sleep` seconds and `code`."""
        orders = json.loads((self.folder / "orders").read_text())
        (self.folder / "orders").write_text(json.dumps([*orders, {"words": words, **reply}]))

    def obey_no_orders(self) -> None:
        """Answer as without orders from here on."""
        (self.folder / "orders").write_text("[]")

    def calls(self, *words: str) -> list[str]:
        """The calls so far that contain WORDS, as lines, certificate files by their kind of name."""
        lines = [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]
        return [" ".join(line) for line in lines if all(word in line for word in words)]

    def forget_calls(self) -> None:
        """Start counting anew."""
        (self.folder / "calls").write_text("")
