"""Secrets as kubectl writes them: `tls.crt` is read, and a key is never decoded, kept, told or logged."""

from __future__ import annotations

import base64
import binascii
import gc
import json
import logging
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pki.audit import AuditInput, open_sources
from pki.audit.sources import kubernetes_yaml
from tests.audit.conftest import Fleet, Read, ders
from tests.shell import Trustrig, environment

CANARY = "kAnArY-oF-a-PrIvAtE-kEy"


def secret(name: str, crt: str | None, *, type_: str = "kubernetes.io/tls", **more: Any) -> dict[str, Any]:
    key = f"-----BEGIN PRIVATE KEY-----\n{CANARY}{name}\n-----END PRIVATE KEY-----\n"
    data = {
        "ca.crt": _b64("an issuer"),
        "tls.crt": _b64(crt) if crt is not None else "",
        "tls.key": _b64(key),
    }
    if crt is None and type_ == "Opaque":
        data = {"password": _b64("hunter2")}
    found = {"apiVersion": "v1", "data": data, "kind": "Secret", "type": type_}
    metadata = {
        "name": name,
        "namespace": "shop",
        "uid": "0",
        "annotations": {"cert-manager.io/alt-names": "x.test"},
    }
    metadata["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = json.dumps(found)
    return {**found, "metadata": metadata, **more}


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def listed(*items: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "items": list(items), "kind": "List", "metadata": {"resourceVersion": ""}}


def _json(found: Any) -> str:
    return json.dumps(found, indent=4) + "\n"


def _compact(found: Any) -> str:
    return json.dumps(found) + "\n"


def _yaml(found: Any) -> str:
    return str(yaml.safe_dump(found))


FORMS = pytest.mark.parametrize("form", [_json, _compact, _yaml], ids=["json", "one line of json", "yaml"])


@FORMS
def test_a_list_of_secrets(fleet: Fleet, read: Read, form: Callable[[Any], str], remarks: list[str]) -> None:
    a, b, _ = fleet.leaves
    items = [
        secret("front", fleet.pem(a, fleet.ca)),
        secret("other", None, type_="Opaque"),
        secret("empty", None),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "x"},
            "data": {"ca.crt": fleet.pem(b)},
        },
        secret("opaque", fleet.pem(b), type_="Opaque"),
    ]
    found = read(form(listed(*items)))
    assert [(one.locator, one.host, one.chain) for one in found] == [
        ("shop/front", None, ders(a, fleet.ca)),
        ("shop/empty", None, ()),
        ("shop/opaque", None, ders(b)),
    ]
    assert "its tls.crt is empty" in found[1].error
    assert any("1 Secret of another type without tls.crt was passed over" in words for words in remarks)
    assert any("1 resource that is no Secret was passed over" in words for words in remarks)


@FORMS
def test_one_secret(fleet: Fleet, read: Read, form: Callable[[Any], str]) -> None:
    (one,) = read(form(secret("front", fleet.pem(fleet.leaves[0]))))
    assert (one.locator, one.chain) == ("shop/front", ders(fleet.leaves[0]))


def test_documents_behind_each_other_and_string_data(fleet: Fleet, read: Read) -> None:
    a, b, c = (fleet.pem(each) for each in fleet.leaves)
    plain = secret("plain", a)
    plain["stringData"] = {"tls.crt": b, "tls.key": CANARY}
    text = "---\n".join(
        ["# ours\n", _yaml(plain), _yaml({"kind": "Service", "apiVersion": "v1"}), _yaml(secret("c", c))]
    )
    assert [one.chain for one in read(text)] == [ders(fleet.leaves[1]), ders(fleet.leaves[2])]


@pytest.mark.parametrize("form", [_json, _compact], ids=["json", "one line of json"])
def test_a_list_as_the_api_gives_it(fleet: Fleet, read: Read, form: Callable[[Any], str]) -> None:
    """`kubectl get --raw /api/v1/secrets`: items without kind and version."""
    item = secret("front", fleet.pem(fleet.leaves[0]))
    del item["kind"], item["apiVersion"]
    (one,) = read(form({"kind": "SecretList", "apiVersion": "v1", "metadata": {}, "items": [item]}))
    assert (one.locator, one.chain) == ("shop/front", ders(fleet.leaves[0]))


def test_secrets_a_line(fleet: Fleet, read: Read) -> None:
    """As `kubectl get secrets -o json | jq -c '.items[]'` writes them."""
    text = "".join(map(_compact, [secret("a", fleet.pem(fleet.leaves[0])), secret("b", "nonsense")]))
    first, second = read(text)
    assert first.chain == ders(fleet.leaves[0])
    assert "Secret shop/b" in second.error


@pytest.mark.parametrize(
    ("crt", "says"),
    [
        pytest.param("not base64!", "is no base64", id="no base64"),
        pytest.param(_b64("hello"), "neither PEM nor base64", id="no PEM"),
        pytest.param(7, "has no base64", id="a number"),
        pytest.param(["x"], "has no base64", id="a list"),
    ],
)
def test_what_is_no_certificate_is_an_error(read: Read, crt: Any, says: str) -> None:
    spoiled = secret("x", None)
    spoiled["data"]["tls.crt"] = crt
    (one,) = read(_json(spoiled))
    assert says in one.error
    assert one.locator == "shop/x"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("data: &a {tls.crt: &b QQ==}\nmore: *a\n", "", id="anchors"),
        pytest.param("data: {tls.crt: *nothing}\n", "", id="an alias of nothing"),
        pytest.param("data: {tls.crt: [\n", "no YAML from line", id="a bracket that never closes"),
        pytest.param("data: {tls.crt: Pw==}\n", "neither PEM nor base64", id="no certificate"),
        pytest.param("\tdata: x\n", "no YAML from line", id="a tab"),
        pytest.param('data:\n  tls.crt: "' + "A" * 5_000_000, "larger than 4 MiB", id="a value without end"),
        pytest.param("a: " + "[" * 500 + "]" * 500 + "\n", "nested more than", id="nested"),
    ],
)
def test_hostile_yaml_is_an_error(read: Read, text: str, says: str) -> None:
    found = read("apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\nmetadata: {name: x}\n" + text)
    assert found[-1].error
    assert says in found[-1].error


def test_aliases_of_aliases_cost_nothing(read: Read) -> None:
    """Ten levels of ten aliases each would be ten thousand million values."""
    bomb = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 11))
    (one,) = read("apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\nl0: &l0 [x]\n" + bomb)
    assert "has no tls.crt" in one.error


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param('data: {tls.crt: ""}', "its tls.crt is empty", id="empty"),
        pytest.param('data: {ca.crt: "QQ=="}', "has no tls.crt", id="missing"),
        pytest.param(
            "data:\n  tls.crt: {{ .Values.crt | b64enc }}",
            "no base64 under data.tls.crt. A template",
            id="a template",
        ),
        pytest.param(
            "stringData:\n  tls.crt: {{ .Values.crt }}", "A template is rendered first: `helm", id="another"
        ),
    ],
)
def test_what_is_not_there_and_what_is_no_text_are_told_apart(read: Read, data: str, says: str) -> None:
    (one,) = read(f"apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\nmetadata: {{name: x}}\n{data}\n")
    assert says in one.error


def test_a_list_with_somebodys_template_in_a_text_is_read_in_a_folder(
    fleet: Fleet, tmp_path: Path, remarks: list[str]
) -> None:
    other = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "alerts"},
        "data": {"page.tmpl": "{{ define }}\nx: {{ $labels.x }}\n"},
    }
    text = yaml.safe_dump(listed(other, secret("front", fleet.pem(fleet.leaves[0]))), default_style=None)
    (tmp_path / "list.yaml").write_text(text)
    (tmp_path / "chart.yaml").write_text(
        "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\ndata:\n  tls.crt: {{ .Values.crt }}\n"
    )
    (one,) = open_sources([str(tmp_path)], remark=remarks.append)
    assert one.locator == "shop/front"
    assert any("1 template of a Secret was passed over" in remark for remark in remarks)


@FORMS
@pytest.mark.parametrize("spoil", [False, True], ids=["whole", "spoiled"])
def test_no_private_key_is_decoded_kept_or_told(
    fleet: Fleet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    form: Callable[[Any], str],
    spoil: bool,
) -> None:
    """Of the text as it stands in the file nothing is left behind, and what it encodes is never made of it."""
    items = [secret(f"s{n}", fleet.pem(fleet.leaves[0])) for n in range(20)]
    items[3]["data"]["tls.crt"] = items[3]["data"]["tls.key"]
    if spoil:
        items[5]["data"]["tls.crt"] = "?"
    items[3]["data"]["tls.crt"] = _b64("-----BEGIN CERTIFICATE-----\n")
    text = form(listed(*items))
    if spoil:
        text = text[: len(text) * 9 // 10]
    encoded = [items[0]["data"]["tls.key"]]
    path = tmp_path / "secrets"
    path.write_text(text)
    decoded: list[bytes] = []
    for name in ("b64decode", "standard_b64decode", "urlsafe_b64decode"):
        monkeypatch.setattr(base64, name, _watched(getattr(base64, name), decoded))
    monkeypatch.setattr(binascii, "a2b_base64", _watched(binascii.a2b_base64, decoded))
    said: list[str] = []
    del items, text
    caplog.set_level(logging.DEBUG)
    found = list(open_sources([str(path)], remark=said.append))
    assert any(one.chain for one in found)
    assert decoded
    assert not [data for data in decoded if CANARY.encode() in data]
    told = b"".join(one.encode() for one in found).decode() + "".join(said) + caplog.text
    for word in (CANARY, *encoded):
        assert word not in told
    gc.collect()
    left = [one for one in gc.get_objects() if isinstance(one, (dict, list, tuple)) and _holds(one, encoded)]
    assert left == []


@pytest.mark.parametrize("form", [_json, _yaml], ids=["json", "yaml"])
def test_the_command_writes_no_private_key_anywhere(
    fleet: Fleet, tmp_path: Path, trustrig: Trustrig, form: Callable[[Any], str]
) -> None:
    """Neither what a key is nor how the Secret has it is in what is printed or in any file that was written."""
    items = [secret("good", fleet.pem(fleet.leaves[0], fleet.ca)), secret("empty", None)]
    source, out = tmp_path / "secrets", tmp_path / "out"
    source.write_text(form(listed(*items)))
    (tmp_path / "root.pem").write_text(fleet.pem(fleet.root))
    formats = [word for name in ("csv", "html", "junit", "sarif") for word in ("--format", name)]
    ran = trustrig("audit", source, "--anchor", tmp_path / "root.pem", *formats, "-o", out)
    assert ran.code == 1  # one has no certificate
    written = {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert {"rows.ndjson", "summary.json"} <= written.keys()
    assert b"shop/good" in written["rows.ndjson"]
    for key in (CANARY, items[0]["data"]["tls.key"], items[1]["data"]["tls.key"]):
        assert key not in ran.out + ran.err
        assert [name for name, data in written.items() if key.encode() in data] == []


@pytest.mark.peer("kubectl", "apt-get install kubernetes-client")
def test_what_kubectl_writes_is_read(fleet: Fleet, tmp_path: Path) -> None:
    """One Secret, several behind each other as JSON, and as YAML without the line that parts documents."""
    a = fleet.leaves[0]
    (tmp_path / "tls.crt").write_text(fleet.pem(a, fleet.ca))
    (tmp_path / "tls.key").write_text(fleet.key(a))

    def kubectl(*words: str) -> str:
        return subprocess.run(
            ["kubectl", *words],
            cwd=tmp_path,
            env=environment() | {"HOME": str(tmp_path), "KUBECONFIG": os.devnull},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    tls = ("--cert=tls.crt", "--key=tls.key", "--namespace=shop", "--dry-run=client")
    for name in ("one", "two"):
        (tmp_path / name).write_text(kubectl("create", "secret", "tls", name, *tls, "-o", "json"))
    for form in ("json", "yaml"):
        (tmp_path / form).write_text(kubectl("create", "secret", "tls", "one", *tls, "-o", form))
        several = kubectl("label", "--local", "-f", "one", "-f", "two", "app=x", "-o", form)
        (tmp_path / f"several-{form}").write_text(several)
        found = list(open_sources([str(tmp_path / form), str(tmp_path / f"several-{form}")]))
        assert [one.locator for one in found] == ["shop/one", "shop/one", "shop/two"]
        assert {one.chain for one in found} == {ders(a, fleet.ca)}


def _watched(function: Callable[..., bytes], seen: list[bytes]) -> Callable[..., bytes]:
    def watching(*args: Any, **more: Any) -> bytes:
        found = function(*args, **more)
        seen.append(found)
        return found

    return watching


def _holds(container: Any, texts: list[str]) -> bool:
    if container is texts:
        return False
    values = container.values() if isinstance(container, dict) else container
    return any(isinstance(one, str) and one in texts for one in list(values))


def test_the_events_are_read_by_libyaml() -> None:
    """The same events come from the reader in Python, which is slower: a wheel without libyaml works, too."""
    assert yaml.__with_libyaml__
    assert kubernetes_yaml


def test_without_libyaml(fleet: Fleet, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader")
    (one,) = read(_yaml(secret("front", fleet.pem(fleet.leaves[0]))))
    assert one.chain == ders(fleet.leaves[0])


def test_a_list_longer_than_what_is_looked_at(fleet: Fleet, tmp_path: Path) -> None:
    items = [secret(f"s{n}", fleet.pem(fleet.leaves[n % 3])) for n in range(700)]
    for form in (_json, _compact, _yaml):
        path = tmp_path / "secrets"
        path.write_text(form(listed(*items)))
        assert path.stat().st_size > 1_500_000
        found: list[AuditInput] = list(open_sources([str(path)]))
        assert [one.chain for one in found] == [ders(fleet.leaves[n % 3]) for n in range(700)]
