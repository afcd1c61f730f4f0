"""How many files the process may have open: each connection is one, and a database connection up to three."""

import resource

#: What a process opens besides connections of clients: databases, logs, what it imports. SQLite takes most: two files
#: for each of two connections of eight threads and of the background jobs.
OWN_FILES = 128
#: More connections of clients than this wait in the system's queue.
MOST_CLIENTS = 1024
#: With fewer files, a process could not accept enough clients.
FEWEST_FILES = 256
_ENOUGH = 65_536


def raise_limit() -> int:
    """Raises the limit as far as the system allows, because systems give processes few unless they ask. The limit that
    then holds, also for processes that are started from here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= allowed:
        return _ENOUGH if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    except (ValueError, OSError):
        # Some systems allow less than they say, e.g. macOS.
        return soft
    return allowed


def most_clients(limit: int) -> int:
    """How many connections of clients fit: one that is accepted without a file for it fails, over and over."""
    return min(MOST_CLIENTS, limit - OWN_FILES)
