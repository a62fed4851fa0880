"""`python -m pki_cli` is `trustrig`."""

from pki_cli import main

main()
