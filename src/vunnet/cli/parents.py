"""A child of `vunnet up` ends with it, also when `up` is killed and cannot say goodbye."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PARENT = "VUNNET_PARENT"
PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have the system send SIGTERM when the parent is gone. Only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_with_up() -> None:
    """Do so if `vunnet up` started this process; end at once if it is gone already."""
    parent = os.environ.pop(PARENT, None)
    if parent is None:
        return
    end_with_parent()
    if os.getppid() != int(parent):
        sys.exit("vunnet: the process that started this one is gone")
