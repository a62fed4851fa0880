"""The lints by theme; importing a module registers its lints."""
