"""Type-checked in CI, never run: the public surface used the way a caller would."""
