"""What the benchmarks share: processes, ports, readings of /proc, tables."""

import atexit
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
_children = []


def fail(message):
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {message}")


def program(name):
    """One of Heddle's programs, as `make build` leaves it."""
    path = pathlib.Path(os.environ.get("HEDDLE_BIN", ROOT / ".build/release")) / name
    return str(path) if path.exists() else fail(f"{path} is not there; run make build")


def tool(name, package):
    found = shutil.which(name)
    return found or fail(f"{name} is not there; install Debian's {package}")


def test_tool(variable):
    """A tool of `make test-tools`, by the variable that names it."""
    if variable in os.environ:
        return os.environ[variable]
    printed = subprocess.run([ROOT / "scripts/test-tools"], capture_output=True, text=True)
    for line in printed.stdout.splitlines():
        name, _, value = line.partition("=")
        if name == variable:
            return value
    return fail(f"{variable} is not set; run make test-tools")


def free_port(host="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def directory():
    path = pathlib.Path(tempfile.mkdtemp(prefix="heddle-bench."))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def start(arguments, core=None, log=None, **options):
    """Starts a program, pinned to a core where one is named; it ends with the benchmark."""
    if core is not None:
        arguments = ["taskset", "-c", str(core), *map(str, arguments)]
    output = open(log, "w") if log else subprocess.DEVNULL
    child = subprocess.Popen([str(a) for a in arguments], stdout=output, stderr=output, **options)
    _children.append(child)
    return child


def stop(child):
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child in _children:
        _children.remove(child)


@atexit.register
def stop_all():
    for child in list(_children):
        stop(child)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def wait_for(what, condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.02)
    fail(f"{what} was not there within {seconds} s")


def get(url):
    with urllib.request.urlopen(url, timeout=2) as answer:
        return answer.read()


def family(pid):
    """A process and those it has started."""
    pids = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            pids += family(int(child))
    return pids


def cpu_seconds(pid):
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
    rows = [header] + [[f"{c:.2f}" if isinstance(c, float) else str(c) for c in r] for r in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    for row in rows:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths)))
