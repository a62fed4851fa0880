"""The faults, a module for each theme: what each means, its causes, what it leaves open, and the next command."""
