"""How the embedded server is set: for a small machine that also runs web, worker and analysis.

An operator's own wishes go into operator.conf beside vunnet.conf in the data folder; they are read last and win.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
import tempfile
from pathlib import Path

MIB = 1024 * 1024
LONGEST_SOCKET = 100
"""Characters of a socket's path that every system accepts (macOS 103, Linux 107), less a little."""

SHORT = 40

LASTING = """\
# Small machine, solid-state disk; heavy questions run in DuckDB, not here.
max_connections = 80
random_page_cost = 1.1
work_mem = 8MB
maintenance_work_mem = 128MB
jit = off
# Parallel queries need /dev/shm, which containers keep small.
max_parallel_workers = 0
max_parallel_maintenance_workers = 0
wal_compression = on
max_wal_size = 2GB
checkpoint_timeout = 15min
autovacuum_vacuum_scale_factor = 0.05
autovacuum_analyze_scale_factor = 0.02
timezone = 'UTC'
log_timezone = 'UTC'
# A week of logs, each day overwriting its namesake.
logging_collector = on
log_directory = 'log'
log_filename = 'postgres-%a.log'
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_min_duration_statement = 2s
log_checkpoints = off
"""

THROW_AWAY = """\
# For tests only: a power cut may lose everything.
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def settings_file(socket: Path, *, durable: bool) -> str:
    """The text of vunnet.conf."""
    buffers = min(max(memory_mib() // 8, 128), 1024)
    head = (
        "# Written by Vunnet at every start. Your own settings go into operator.conf, beside this file.\n"
        f"listen_addresses = ''\nport = 5432\nunix_socket_directories = '{socket}'\nunix_socket_permissions = 0700\n"
        f"shared_buffers = {buffers}MB\neffective_cache_size = {max(memory_mib() // 2, 256)}MB\n"
    )
    return head + LASTING + ("" if durable else THROW_AWAY)


def memory_mib() -> int:
    """Memory this machine, or the container it is, may use."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
    except (OSError, ValueError):
        limit = physical
    return min(physical, limit) // MIB


def socket_folder(data: Path, owner: pwd.struct_passwd | None) -> Path:
    """Where the socket lies: with the data, or in a short private folder if that path is too long for a socket.

    Raises PermissionError if the short folder exists and belongs to someone else.
    """
    if len(str(data / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET and "'" not in str(data) and "," not in str(data):
        return data
    uid, gid = (owner.pw_uid, owner.pw_gid) if owner else (os.geteuid(), os.getegid())
    name = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    folder = Path(_short_temporary_folder()) / f"vunnet-{uid}-{name}"
    if not folder.exists():
        folder.mkdir(mode=0o700)
        os.chown(folder, uid, gid)
    _demand_private(folder, uid)
    return folder


def _short_temporary_folder() -> str:
    # Anyone may write there: the folder made in it is private, and checked.
    usual = tempfile.gettempdir()
    return usual if len(usual) < SHORT else "/tmp"  # noqa: S108


def _demand_private(folder: Path, uid: int) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
        raise PermissionError(f"{folder} should belong to Vunnet's PostgreSQL alone, and does not. Remove it.")
