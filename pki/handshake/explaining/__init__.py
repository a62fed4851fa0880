"""From what both ends recorded to one transcript: who decided, by which alert, and why."""
