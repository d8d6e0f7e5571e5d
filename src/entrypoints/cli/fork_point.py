"""Imported first by the process that workers are forked from: it ends with its supervisor only."""

import os
import signal
import sys
from types import FrameType

from hexkey.entrypoints.cli.garbage import collect_later

_here = os.getpid()


def _pass_on(number: int, _frame: FrameType | None) -> None:
    """Die of it, as by default, in a worker that has not yet said what a signal is to do.

    Whoever stops a service sends its signal to all of its processes; without this one, workers
    that still have requests to answer would be out of sight.
    """
    if os.getpid() != _here:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


if "multiprocessing.forkserver" in " ".join(sys.orig_argv):  # and nowhere else, if others import it
    signal.signal(signal.SIGTERM, _pass_on)
    collect_later()  # each worker does, when it has started
