"""What `install simulator`, `install mac` and `uninstall` say."""

from __future__ import annotations

from typing import Any

from pki.model.install_plan import ItemKind, PlaceKind, StepOutcome
from pki.report import install_plan
from pki.report.schemas.words import (
    DIGEST,
    FLAG,
    STRING,
    TEXT,
    document,
    listing,
    one_of,
    or_null,
    record,
)


def plan_schema() -> dict[str, Any]:
    """Describe a plan, printed or carried out."""
    place, item = {"$ref": "#/$defs/place"}, {"$ref": "#/$defs/item"}
    command = listing(STRING) | {"minItems": 1}
    held = record({"place": place, "item": item})
    remark = record({"place": place, "item": or_null(item), "why": TEXT})
    step = {
        "argv": {
            **command,
            "description": "Relative file names are those of `files`; a leading ~/ is the shell's.",
        },
        "why": TEXT,
        "changes": or_null(TEXT),
        "place": place,
        "puts": or_null(item),
        "takes": {**listing(held), "description": "What the ledger forgets once the step has worked."},
        "inverse": listing(command),
        "price": {**or_null(TEXT), "description": "What the inverse takes along."},
        "dialog": {**FLAG, "description": "macOS asks the user in a window."},
        "outcome": {**or_null(one_of(StepOutcome)), "description": "null: it was not carried out."},
        "problem": or_null(TEXT),
        "hint": or_null(TEXT),
    }
    fields = {
        "command": TEXT,
        "id": {
            "type": "string",
            "pattern": "^[0-9a-f]{16}$",
            "description": "What the ledger calls the plan.",
        },
        "performed": FLAG,
        "well": {**or_null(FLAG), "description": "Whether each step left things as they should be."},
        "files": listing(
            record({"name": TEXT, "content": {**or_null(TEXT), "description": "null: it holds a key."}})
        ),
        "steps": listing(record(step)),
        "left_out": {**listing(remark), "description": "Simulators that are not called."},
        "stays": {**listing(remark), "description": "What was to be taken back and is not."},
        "forgotten": {**listing(held), "description": "What was gone already, with its simulator."},
        "notes": listing(TEXT),
    }
    definitions = {
        "place": record(
            {
                "kind": one_of(PlaceKind),
                "id": {**TEXT, "description": "A simulator's UDID or name; a keychain's path."},
                "name": TEXT,
                "device_set": or_null(TEXT),
                "each_booted": {**FLAG, "description": "It stands for each booted simulator of another Mac."},
            }
        ),
        "item": record(
            {
                "kind": one_of(ItemKind),
                "name": TEXT,
                "sha256": DIGEST,
                "sha1": {"type": "string", "pattern": "^[0-9A-F]{40}$"},
            }
        ),
    }
    return document(
        install_plan.SCHEMA, "What is put where, or taken back, by which commands.", fields, definitions
    )
