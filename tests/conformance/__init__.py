"""Runs other people's test corpora through our evaluator: `python -m tests.conformance --format apple FILE`."""
