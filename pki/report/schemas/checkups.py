"""What `doctor` says."""

from __future__ import annotations

from typing import Any

from pki.model.remarks import Grade
from pki.report import doctor
from pki.report.schemas.words import FLAG, TEXT, TIME, document, listing, one_of, or_null, record


def checkup_schema() -> dict[str, Any]:
    """Describe a checkup."""
    remark = record(
        {
            "id": {**TEXT, "description": "A stable word for what was looked at."},
            "grade": one_of(Grade),
            "says": TEXT,
            "next_step": {**or_null(TEXT), "description": "A command or a sentence."},
        }
    )
    return document(
        doctor.SCHEMA,
        "What in this environment will get in the way.",
        {
            "at": TIME,
            "healthy": {**FLAG, "description": "Whether no remark is a problem."},
            "remarks": {**listing(remark), "description": "The gravest first."},
        },
        {},
    )
