"""What a shell offers when TAB is pressed: found without Typer, from tables that `make docs` writes.

A TAB is pressed while somebody types, so it costs the start of Python and little more. It opens no file but the tables
and the ledger of the authority that the line names, takes no lock, asks no network, and whatever goes wrong is silence.
"""
