"""What in somebody's environment will get in the way, from facts that were gathered elsewhere."""

from __future__ import annotations

from pki.doctor.facts import MacFacts, Machine, ResolverAnswer, Snapshot, ask_resolver, read_mac
from pki.doctor.folder import folder_remarks
from pki.doctor.machine import machine_remarks
from pki.model.remarks import DoctorRemark, Grade

__all__ = ["MacFacts", "Machine", "ResolverAnswer", "Snapshot", "ask_resolver", "examine", "read_mac"]

_ORDER = [Grade.PROBLEM, Grade.WARNING, Grade.OK, Grade.NOTE]  # notes last: they ask for nothing


def examine(snapshot: Snapshot) -> tuple[DoctorRemark, ...]:
    """Say what is wrong, what will be, what is in order, and what is good to know, in this order."""
    remarks = (*folder_remarks(snapshot), *machine_remarks(snapshot))
    return tuple(sorted(remarks, key=lambda remark: _ORDER.index(remark.grade)))
