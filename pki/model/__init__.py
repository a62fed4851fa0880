"""Frozen values the rooms hand to each other: names, facts of one certificate, identities, verdicts, codes."""
