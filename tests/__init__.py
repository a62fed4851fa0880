"""Tests; a package so that `python -m tests.conformance` and `python -m tests.bench` find their modules here."""
