"""The log: one format for everything that a server writes (docs/adr/0029-logs.md). Others write to it through the
standard library's `logging`."""
