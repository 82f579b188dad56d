"""Does one piece of work inside a lab host and prints what it cost as one line of JSON.

    measure.py run PROGRAM [ARGUMENT...]
    measure.py through UNIT PROGRAM [ARGUMENT...]
    measure.py ask SOCKET UNIT METHOD PATH BODY
    measure.py rest UNIT SECONDS

`run` starts a program; its CPU time and peak memory are those of the program and of all descendants that it waited for,
as wait4(2) tells them; the peak is that of the largest process. `through` runs a program that lets the main process of a unit do the work,
and counts that one's as well. `ask` sends a request to the main process of a unit and counts
what that process and its children used. Wall time is of the monotonic clock, around the work and nothing else.
`rest` watches the main process of a unit for so long while nobody asks anything of it.
CPU time of the host's systemd, which works on behalf of all of them, is counted apart.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time

OUTPUT_KEPT_BYTES = 1_000_000


def main():
    mode, *arguments = sys.argv[1:]
    systemd_before = systemd_cpu_ms()
    sample = {"run": run, "through": through, "ask": ask, "rest": rest}[mode](*arguments)
    print(json.dumps({**sample, "systemd_cpu_ms": systemd_cpu_ms() - systemd_before}))


def run(*argv):
    # A file, and not a pipe: nobody has to read while the clock runs.
    with tempfile.TemporaryFile() as output:
        actions = [(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, output.fileno(), 2)]
        started = time.monotonic_ns()
        pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        wall_ns = time.monotonic_ns() - started
        output.seek(0)
        text = output.read()[-OUTPUT_KEPT_BYTES:].decode(errors="replace")
    return {
        "wall_ms": wall_ns / 1e6,
        "cpu_ms": (usage.ru_utime + usage.ru_stime) * 1e3,
        "peak_mib": usage.ru_maxrss / 1024,
        "ok": os.waitstatus_to_exitcode(status) == 0,
        "output": text,
    }


def through(unit, *argv):
    pid = main_pid(unit)
    forget_peak(pid)
    cpu_before = cpu_ms(pid)
    sample = run(*argv)
    return {
        **sample,
        "cpu_ms": sample["cpu_ms"] + cpu_ms(pid) - cpu_before,
        "peak_mib": max(sample["peak_mib"], peak_mib(pid)),
    }


def ask(path, unit, method, url, body):
    pid = main_pid(unit)
    request = (
        f"{method} {url} HTTP/1.0\r\nHost: agent\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    forget_peak(pid)
    cpu_before = cpu_ms(pid)
    started = time.monotonic_ns()
    answer = exchange(path, request.encode())
    wall_ns = time.monotonic_ns() - started
    head, _, text = answer.partition(b"\r\n\r\n")
    return {
        "wall_ms": wall_ns / 1e6,
        "cpu_ms": cpu_ms(pid) - cpu_before,
        "peak_mib": peak_mib(pid),
        "ok": head.split(b" ")[1:2] == [b"200"],
        "output": text.decode(errors="replace"),
    }


def rest(unit, seconds):
    pid = main_pid(unit)
    cpu_before = cpu_ms(pid)
    started = time.monotonic_ns()
    time.sleep(float(seconds))
    wall_ns = time.monotonic_ns() - started
    return {"wall_ms": wall_ns / 1e6, "cpu_ms": cpu_ms(pid) - cpu_before, "resident_mib": resident_mib(pid)}


def main_pid(unit):
    return subprocess.check_output(["systemctl", "show", "--property=MainPID", "--value", unit], text=True).strip()


def exchange(path, request):
    chunks = []
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(request)
        while chunk := connection.recv(65536):
            chunks.append(chunk)
    return b"".join(chunks)


def cpu_ms(pid):
    """Of all threads to the nanosecond, and of waited children to the kernel's tick."""
    threads = os.listdir(f"/proc/{pid}/task")
    own_ns = sum(int(read(f"/proc/{pid}/task/{thread}/schedstat").split()[0]) for thread in threads)
    fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    children_ticks = int(fields[13]) + int(fields[14])
    return own_ns / 1e6 + children_ticks * 1e3 / os.sysconf("SC_CLK_TCK")


def systemd_cpu_ms():
    return int(read("/proc/1/schedstat").split()[0]) / 1e6


def forget_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w") as refs:
        refs.write("5")


def peak_mib(pid):
    return memory_mib(pid, "VmHWM:")


def resident_mib(pid):
    return memory_mib(pid, "VmRSS:")


def memory_mib(pid, name):
    line = next(line for line in read(f"/proc/{pid}/status").splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def read(path):
    with open(path) as file:
        return file.read()


if __name__ == "__main__":
    main()
