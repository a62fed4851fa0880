"""`python -m tests.windows ARGS` is `trustrig ARGS` on a system without what POSIX alone has.

An imitation: the modules and names that Python has not on Windows are hidden. Paths, files and sockets stay those of the
system it runs on, so it shows what is imported and called, and not how Windows behaves.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from typing import Any

MODULES = [
    "crypt",
    "curses",
    "fcntl",
    "grp",
    "nis",
    "pty",
    "pwd",
    "readline",
    "resource",
    "spwd",
    "syslog",
    "termios",
    "tty",
]
NAMES: dict[Any, str] = {
    os: "O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_SYNC chown chroot fchdir fchmod fchown fork getegid geteuid getgid "
    "getgroups getloadavg getpgid getsid getuid killpg lchown mkfifo nice openpty pread pwrite register_at_fork "
    "sched_getaffinity setpgid setsid setuid statvfs sysconf uname wait3 wait4",
    signal: "SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGUSR1 SIGUSR2 alarm pthread_sigmask setitimer "
    "sigwait",
    select: "epoll kqueue poll",
    socket: "AF_UNIX SO_REUSEPORT",
    socket.socket: "recvmsg sendmsg",
}


def hide() -> None:
    """Take away what Windows has not, before anything of ours is imported."""
    for module in MODULES:
        sys.modules[module] = None  # type: ignore[assignment]
    for home, names in NAMES.items():
        for name in names.split():
            if name in vars(home):
                delattr(home, name)
    # The C base class has them, too, and cannot be changed.
    for name in NAMES[socket.socket].split():
        setattr(socket.socket, name, property())


def every_command() -> dict[str, list[Any]]:
    """The exit code and the stderr of every command, called with a word for each argument and option it must have."""
    import contextlib
    import io

    from pki_cli.app import app, run
    from pki_cli.tree import COMMANDS

    def leaves(command: Any, words: list[str]) -> dict[str, list[str]]:
        below = getattr(command, "commands", {})
        if below:
            return {k: v for word, one in below.items() for k, v in leaves(one, [*words, word]).items()}
        needed: list[str] = []
        for param in command.params:
            if param.required:
                needed += ["1"] if param.param_type_name == "argument" else [param.opts[0], "1"]
        return {" ".join(words): [*words, *needed]}

    import typer

    tree = typer.main.get_group(app)
    answers = {}
    for name in COMMANDS:
        for words, argv in leaves(tree.get_command(None, name), [name]).items():
            sys.argv = ["trustrig", *argv]
            with contextlib.redirect_stderr(io.StringIO()) as err, contextlib.redirect_stdout(io.StringIO()):
                code = run()
            answers[words] = [code, err.getvalue()]
    return answers


if __name__ == "__main__":
    hide()
    if sys.argv[1:] == ["--every-command"]:
        print(json.dumps(every_command()))
    else:
        from pki_cli import main

        main()
