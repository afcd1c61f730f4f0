"""Use cases: one function, one transaction, one audit entry. Nothing here imports Flask."""
