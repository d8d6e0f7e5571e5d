"""Starting programs on chosen cores, and being sure that they end."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

CORES = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else (0,)
SERVER_CORE = CORES[:1]
GENERATOR_CORE = CORES[-1:]


class Failed(Exception):
    """A program did not do what it was started for; the text says which and why."""


def say(text: str) -> None:
    """Tell whoever waits where we are, without touching standard output."""
    print(text, file=sys.stderr, flush=True)


def pinned(command: Sequence[str], cores: Sequence[int]) -> list[str]:
    """`command`, run on `cores` only, where the system can do that."""
    if shutil.which("taskset") is None:
        return list(command)
    return ["taskset", "-c", ",".join(map(str, cores)), *command]


def plain_environment(**names: str) -> dict[str, str]:
    """An environment with nothing in it but what every program needs, and `names`."""
    inherited = {n: os.environ[n] for n in ("PATH", "HOME", "LANG", "TMPDIR") if n in os.environ}
    return {**inherited, **names}


def free_port() -> int:
    """A loopback port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has spent until now; 0 where that is not told."""
    with contextlib.suppress(OSError):
        spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(spent[11]) + int(spent[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def finish(
    command: Sequence[str],
    *,
    seconds: float,
    cores: Sequence[int] = CORES,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
) -> str:
    """Run a program to its end and return what it printed.

    Raises:
        Failed: if it takes longer than `seconds` or ends with an error.
    """
    try:
        done = subprocess.run(
            pinned(command, cores),
            env=dict(env) if env is not None else plain_environment(),
            cwd=cwd,
            user=user,
            extra_groups=[] if user else None,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{command[0]} took longer than {seconds:.0f} s") from None
    if done.returncode:
        raise Failed(f"{' '.join(command[:3])} failed:\n{done.stdout[-800:]}{done.stderr[-2000:]}")
    return done.stdout


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    cores: Sequence[int] = CORES,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    stop_signal: int = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs as long as the block, with all its children, and not longer."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            pinned(command, cores),
            env=dict(env) if env is not None else plain_environment(),
            cwd=cwd,
            user=user,
            extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # its group is ours to end, and Ctrl-C is ours to handle
        )
    try:
        yield process
    finally:
        _end(process, stop_signal)


def _end(process: subprocess.Popen[bytes], stop_signal: int) -> None:
    for number, patience in ((stop_signal, 10), (signal.SIGKILL, 10)):
        with contextlib.suppress(ProcessLookupError):
            if process.poll() is None:
                process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            break
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # workers that outlived their parent


def pause(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait, but not for a program that has already ended.

    Raises:
        Failed: if it has.
    """
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        raise Failed(f"the server ended with status {process.returncode}")


def resident_mib(pid: int) -> float:
    """Resident memory of a process and its descendants, in MiB (Linux only)."""
    return sum(_resident_kib(each) for each in _family(pid)) / 1024


def _resident_kib(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def _family(pid: int) -> list[int]:
    family = [pid]
    for member in family:  # grows while it is walked
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{member}/task/{member}/children").read_text()
            family += [int(child) for child in children.split()]
    return family
