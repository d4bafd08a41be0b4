"""What processes cost: CPU seconds and memory, of our own and of a database server's."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU of processes that ended, in seconds (user and system), and the most memory that one of them had, in MiB."""

    cpu_seconds: float = 0.0
    peak_mib: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        """Of both together."""
        return Usage(self.cpu_seconds + other.cpu_seconds, max(self.peak_mib, other.peak_mib))


def usage_of(pid: int) -> tuple[Usage, int]:
    """Wait for a process of ours to end; give what it cost and its exit code."""
    _, status, used = os.wait4(pid, 0)
    return Usage(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024), os.waitstatus_to_exitcode(status)


def cpu_of_servers(folder: Path) -> float:
    """CPU seconds until now of the PostgreSQL server in a data folder and of its backends, also of those that ended."""
    found = (_cpu(process) for process in Path("/proc").glob("[0-9]*") if _works_in(process, folder))
    return sum(found)


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


def _cpu(process: Path) -> float:
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # ended meanwhile; its parent counts it
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS
