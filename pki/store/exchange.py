"""Two folders that change places: in one system call where the system has one."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def swap(building: Path, target: Path) -> None:
    """Let BUILDING be TARGET; what TARGET was is BUILDING then, or gone."""
    if not target.is_dir():
        building.rename(target)
        return
    if exchange(building, target):
        return
    aside = building.with_name(f"{building.name}.old")  # no exchange on this file system: two steps
    try:
        target.rename(aside)
        building.rename(target)
    except BaseException:
        if aside.is_dir() and not target.exists():
            aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def exchange(one: Path, other: Path) -> bool:
    """Let ONE and OTHER change places in one system call; answer whether this system could.

    Linux since 3.15: renameat2(2) with RENAME_EXCHANGE; macOS since 10.12: renamex_np(2) with RENAME_SWAP.

    Raises:
        OSError: the system has the call and refused for another reason than not supporting it here.
    """
    import ctypes
    import errno

    libc = ctypes.CDLL(None, use_errno=True)
    one_path, other_path = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin" and hasattr(libc, "renamex_np"):
        failed = libc.renamex_np(one_path, other_path, ctypes.c_uint(0x2))
    elif sys.platform == "linux" and hasattr(libc, "renameat2"):
        here = ctypes.c_int(-100)  # AT_FDCWD, fcntl.h
        failed = libc.renameat2(here, one_path, here, other_path, ctypes.c_uint(0x2))
    else:
        return False
    if not failed:
        return True
    code = ctypes.get_errno()
    # What file systems without the call answer (rename(2), renamex_np(2)); overlayfs says EXDEV.
    if code in {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV}:
        return False
    raise OSError(code, os.strerror(code), str(other))
