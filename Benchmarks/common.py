"""What the benchmarks share: processes, ports, readings of /proc, tables."""

import atexit
import ctypes
import functools
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_children = []
_directories = []


def fail(message):
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {message}")


def program(name):
    """One of Heddle's programs, as `make build` leaves it."""
    path = pathlib.Path(os.environ.get("HEDDLE_BIN", ROOT / ".build/release")) / name
    return str(path) if path.exists() else fail(f"{path} is not there; run make build")


def tool(name, package):
    """A program of Debian's; some of them are outside a user's PATH."""
    path = os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin:/sbin"
    found = shutil.which(name, path=path)
    return found or fail(f"{name} is not there; run apt-get install {package}")


@functools.cache
def envoy_program():
    """The Envoy of HEDDLE_TEST_ENVOY, or the one that `make test-tools` installs."""
    named = os.environ.get("HEDDLE_TEST_ENVOY")
    if not named:
        installed = subprocess.run([ROOT / "scripts/test-tools"], capture_output=True, text=True)
        lines = dict(line.split("=", 1) for line in installed.stdout.splitlines() if "=" in line)
        named = lines.get("HEDDLE_TEST_ENVOY")
    if not named or not os.access(named, os.X_OK):
        fail(f"Envoy is not there ({named}); run make test-tools, or set HEDDLE_TEST_ENVOY")
    return named


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def directory():
    """A directory that goes when the benchmark ends."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="heddle-bench."))
    _directories.append(path)
    return path


def start(arguments, core=None, **options):
    """Starts a program, pinned to a core where one is named; it ends with the benchmark."""
    if core is not None:
        arguments = [tool("taskset", "util-linux"), "-c", core, *arguments]
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options}
    # The kernel ends the child when the benchmark is killed and cannot do so itself.
    child = subprocess.Popen(
        [str(argument) for argument in arguments],
        preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM), **options)
    _children.append(child)
    return child


def stop(child):
    if child in _children:
        _children.remove(child)
    child.terminate()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@atexit.register
def _clean_up():
    for child in reversed(list(_children)):
        stop(child)
    for path in _directories:
        shutil.rmtree(path, ignore_errors=True)


def bound(seconds):
    """Ends the benchmark, and all it has started, at a signal or after `seconds`."""
    def end(number, _):
        for signals in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signals, signal.SIG_IGN)
        if number == signal.SIGALRM:
            fail(f"not done after {seconds} s; is the machine very busy?")
        sys.exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, end)
    signal.alarm(seconds)


def wait_for(what, child, condition, seconds=30):
    """Asks until `condition` holds; what fails to connect does not hold yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if child.poll() is not None:
            fail(f"{what} ended with status {child.returncode}: {' '.join(child.args)}")
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.02)
    fail(f"{what} was not there within {seconds} s")


def get(port, path="/"):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
        return answer.read()


def family(pid):
    """A process and those it has started."""
    pids = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            pids += family(int(child))
    return pids


def cpu_seconds(pid):
    """User and system time of a process, its threads and its children."""
    total = 0
    for member in family(pid):
        fields = pathlib.Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def rss_mb(pid):
    total = 0
    for member in family(pid):
        for line in pathlib.Path(f"/proc/{member}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1])
    return total / 1024


def table(header, rows):
    """Prints aligned columns; a number with a fraction gets two places, None a dash."""
    def text(cell):
        return "-" if cell is None else f"{cell:.2f}" if isinstance(cell, float) else str(cell)

    lines = [header] + [[text(cell) for cell in row] for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    for line in lines:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths)), flush=True)
