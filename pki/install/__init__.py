"""Onto simulators and this Mac: a plan of steps, the runner that carries it out, and the ledger it keeps.

plan = plan_for_simulators(list_simulators(run_process, device_set="default"), [root])
results = list(perform(plan, ledger=Ledger(default_folder()), run=run_process, at=now))
"""

from pki.install.execution import check_desktop, list_simulators, perform, performs
from pki.install.ledger import Ledger, LedgerEntry, default_folder
from pki.install.onto_mac import plan_for_mac
from pki.install.onto_simulators import plan_for_another_mac, plan_for_simulators
from pki.install.process import Hangs, NotThere, Ran, Runner, run_process
from pki.install.simulators import Simulator, check_device_set, parse_simulators
from pki.install.uninstall_plan import entries_named, plan_to_take_back

__all__ = [
    "Hangs",
    "Ledger",
    "LedgerEntry",
    "NotThere",
    "Ran",
    "Runner",
    "Simulator",
    "check_desktop",
    "check_device_set",
    "default_folder",
    "entries_named",
    "list_simulators",
    "parse_simulators",
    "perform",
    "performs",
    "plan_for_another_mac",
    "plan_for_mac",
    "plan_for_simulators",
    "plan_to_take_back",
    "run_process",
]
