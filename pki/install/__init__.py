"""Onto simulators and this Mac: a plan of steps, the runner that carries it out, and the ledger it keeps.

plan = plan_for_simulators(list_simulators(run_process, device_set="default"), [root])
results = list(perform(plan, ledger=Ledger(default_folder()), run=run_process, at=now))
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(
    __name__,
    renamed={
        "Entry": "LedgerEntry",
        "NotThere": "ProgramNotFound",
        "Hangs": "ProgramTimedOut",
        "parse_simulators": "read_simulators",
    },
)
