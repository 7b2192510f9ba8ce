"""Drives each real worker by each real build tool, and says what came of it."""

import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import subjects

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
# A build that takes longer hangs. An old Bazel unpacks itself first, and a machine may be busy.
LIMIT = 120
HUNG = f"a build had not ended after {LIMIT} s"
# What an interrupt, and a shutdown, may take.
GRACE = 20
# How Bazel says what went wrong, and how the table does. The first that fits counts.
SAYINGS = [
    (r"unparseable WorkResponse", "Bazel: the worker returned an unparseable WorkResponse"),
    (r"did not return a WorkResponse", "Bazel: the worker did not return a WorkResponse"),
    (r"quit or closed its stdin stream", "Bazel: the worker quit or closed its stdin"),
    (r"not all outputs were created", "Bazel: not all outputs were created"),
    (r"died while waiting for response", "Bazel: the worker died while Bazel waited for its response"),
]


class Server:
    """One Bazel with a workspace; all of it is gone at the end."""

    def __init__(self, client, folder):
        self.client = client
        self.folder = folder
        self.workspace = folder / "workspace"
        self.base = folder / "base"
        # What it printed for the last pair.
        self.said = ""
        self.bin = self.base / "execroot" / "pwp" / subjects.BIN
        (folder / "home").mkdir(parents=True)
        self.workspace.mkdir()

    def command(self, *words):
        """A command line of this Bazel."""
        return [
            self.client.program,
            "--nohome_rc",
            "--noworkspace_rc",
            "--max_idle_secs=120",
            f"--output_user_root={self.folder / 'user'}",
            f"--output_base={self.base}",
            "--host_jvm_args=-XX:TieredStopAtLevel=1",
            *(["--host_jvm_args=-XX:+UseSerialGC"] if self.client.version >= (0, 29) else []),
            *self.client.startup,
            *words,
        ]

    def run(self, *words):
        """Runs a command; gives its exit status, None if it had to be ended, and what it printed."""
        log = self.folder / "log"
        with open(log, "wb") as out:
            process = subprocess.Popen(
                self.command(*words),
                cwd=self.workspace,
                env={**os.environ, "HOME": str(self.folder / "home"), "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
            status = wait(process, LIMIT)
            if status is None:
                process.send_signal(signal.SIGINT)
                if wait(process, GRACE) is None:
                    self.kill()
                    process.kill()
                    process.wait()
        return status, log.read_bytes().decode(errors="replace")

    def end(self):
        """Ends the server and its workers."""
        self.run("shutdown")
        self.kill()

    def kill(self):
        """Ends whatever of it lives: each process whose command line or working directory names its folder."""
        for _ in range(2):
            for pid in self.living():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def workers(self, worker):
        """The processes of a worker that live: their stderr is the log that has its name."""
        found = []
        for pid in self.living():
            try:
                log = os.readlink(f"/proc/{pid}/fd/2")
            except OSError:
                continue
            if log.endswith(f"-{worker.mnemonic}.log"):
                found.append(pid)
        return found

    def living(self):
        """The processes that were started from its folder."""
        wanted = os.fsencode(self.folder)
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                own = wanted in (entry / "cmdline").read_bytes()
                own = own or os.fsencode(os.readlink(entry / "cwd")).startswith(wanted)
            except OSError:
                continue
            if own:
                found.append(int(entry.name))
        return found


def wait(process, limit):
    """The exit status of a process, or None if it still runs after so many seconds."""
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return None


def lay(server, worker):
    """Writes a workspace in which this worker is the tool of its five actions."""
    for entry in server.workspace.iterdir():
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    write(server.workspace / "WORKSPACE", 'workspace(name = "pwp")\n')
    write(server.workspace / "rule.bzl", (HERE / "rule.bzl").read_text())
    script = write(server.workspace / "tools" / f"{worker.name}.sh", worker.script())
    script.chmod(0o755)
    write(server.workspace / "tools" / "BUILD", f'exports_files(["{worker.name}.sh"])\n')
    for path, content in worker.inputs.items():
        write(server.workspace / path, content)
    targets(server, worker, [request for request in worker.requests if not request.changes])


def targets(server, worker, requests):
    """Writes the targets of these requests. A changed one may have the outputs of another, so they do not stand side by side."""
    text = 'load("//:rule.bzl", "request")\n'
    for request in requests:
        write(server.workspace / f"{request.name}.template", "".join(f"{line}\n" for line in request.lines))
        values = {
            "name": request.name,
            "tool": f"//tools:{worker.name}.sh",
            "srcs": request.inputs,
            "outs": list(request.outputs),
            "template": f"{request.name}.template",
            "mnemonic": worker.mnemonic,
            "requirements": worker.requirements,
        }
        text += "\nrequest(\n" + "".join(f"    {key} = {json.dumps(value)},\n" for key, value in values.items()) + ")\n"
    write(server.workspace / "BUILD", text)


def write(path, text):
    """Writes a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def drive(server, worker, seen):
    """One cell: builds without the changed request, then the change and its request, with the same worker."""
    lay(server, worker)
    done, problems, logs = 0, [], []
    for changed in (False, True):
        requests = [request for request in worker.requests if bool(request.changes) == changed]
        if changed:
            for path, content in [item for request in requests for item in request.changes.items()]:
                write(server.workspace / path, content)
            targets(server, worker, requests)
        flags = server.client.flags(worker.mnemonic, "multiplex" in worker.features)
        words = ["--keep_going", "--color=no", "--curses=no", "--verbose_failures", "--worker_verbose", "--symlink_prefix=/"]
        status, text = server.run("build", *words, *flags, *[f"//:{request.name}" for request in requests])
        logs.append(text)
        server.said = "\n".join(logs)
        for request in requests:
            problem = wrong(server, worker, request, text, seen)
            done += problem is None
            if problem:
                problems.append(problem)
        if status is None:
            problems.insert(0, HUNG)
            break
        if status and not problems:
            problems.append(f"Bazel ended with {status}")
    return cell(server, worker, done, problems, "\n".join(logs))


def wrong(server, worker, request, text, seen):
    """What is wrong with the outcome of a request, if anything."""
    for path, content in request.outputs.items():
        file = server.bin / path
        if not file.is_file():
            return "an output is missing"
        found = file.read_bytes()
        if content is not None and found != content.encode():
            return f"{path} has another content than the workload says"
        # What the workload does not know has to be the same for every client.
        digest = hashlib.sha256(found).hexdigest()
        if seen.setdefault((worker.name, request.name, path), digest) != digest:
            return f"{path} has another content than with another client"
    if request.message and request.message not in text:
        return f"the message of {request.name} was not shown as it was written"
    return None


def cell(server, worker, done, problems, text):
    """The entry of the table."""
    processes = server.workers(worker)
    hung = False
    by_worker = sum(int(count) for count in re.findall(r"process(?:es)?: (?:.*, )?(\d+) worker\b", text))
    # As many requests at once as there are actions, and one process: that is multiplex.
    multiplex = "multiplex" in worker.features and server.client.has_multiplex and len(processes) == 1
    entry = {"client": server.client.name, "worker": worker.name, "state": "fails" if problems else "works"}
    entry["mode"] = "multiplex" if multiplex else "singleplex"
    entry["done"] = done
    if problems:
        said = [meaning for pattern, meaning in SAYINGS if re.search(pattern, text)]
        entry["note"] = "; ".join(dict.fromkeys([*said[:1], problems[0]]))
        hung = problems[0] == HUNG
    elif by_worker != len(worker.requests):
        entry.update(state="fails", note=f"workers did {by_worker} of the actions, as Bazel counts them")
    elif len(processes) != 1:
        entry.update(state="fails", note=f"there are {len(processes)} processes of the worker, and one is enough")
    race = subjects.RACES.get((server.client.name, worker.name))
    if race and (hung or entry["state"] == "works"):
        # No single run can say that it is gone.
        entry = {"client": server.client.name, "worker": worker.name, "state": "at-times", "mode": "singleplex", "note": race}
    return entry


def run(arguments):
    """All cells that were asked for."""
    clients, workers = subjects.read(arguments.targets)
    clients = [client for client in clients if not arguments.client or client.name in arguments.client]
    workers = [worker for worker in workers if not arguments.worker or worker.name in arguments.worker]
    if not clients or not workers:
        sys.exit("matrix: no such client or worker; targets/ has their names")
    cells, seen = [], {}
    for client in clients:
        began = time.monotonic()
        # Bazel takes away the right to write.
        with tempfile.TemporaryDirectory(prefix="pwp-matrix-", ignore_cleanup_errors=True) as folder:
            server = Server(client, pathlib.Path(folder).resolve())
            try:
                for worker in workers:
                    reason = client.cannot(worker)
                    if reason:
                        entry = {"client": client.name, "worker": worker.name, "state": "cannot", "note": reason}
                    else:
                        entry = drive(server, worker, seen)
                    cells.append(entry)
                    print(f"{client.name} x {worker.name}: {entry['state']}", entry.get("mode", ""), entry.get("note", ""), flush=True)
                    if arguments.verbose and entry["state"] == "fails":
                        print(server.said, flush=True)
            finally:
                server.end()
                left = server.living()
                subprocess.run(["chmod", "-R", "u+w", folder], check=False, stderr=subprocess.DEVNULL)
            if left:
                sys.exit(f"matrix: {client.name} left processes behind: {left}")
        print(f"{client.name}: {time.monotonic() - began:.0f} s", flush=True)
    return cells


def main():
    """Runs, and compares or saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", required=True, help="the file that run has written")
    parser.add_argument("--save", action="store_true", help="write results.json anew")
    parser.add_argument("--client", action="append", help="only this build tool")
    parser.add_argument("--worker", action="append", help="only this worker")
    parser.add_argument("--verbose", action="store_true", help="show what Bazel printed where a cell fails")
    arguments = parser.parse_args()
    # So that a server is ended then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cells = run(arguments)
    saved = json.loads(RESULTS.read_text())["cells"] if RESULTS.exists() else []
    key = lambda entry: (entry["client"], entry["worker"])
    before = {key(entry): entry for entry in saved}
    if arguments.save:
        partial = arguments.client or arguments.worker
        merged = {**(before if partial else {}), **{key(entry): entry for entry in cells}}
        text = json.dumps({"actions": 5, "cells": list(merged.values())}, indent=2, ensure_ascii=False)
        RESULTS.write_text(text + "\n")
        return 0
    different = [entry for entry in cells if before.get(key(entry)) != entry]
    for entry in different:
        print(f"not as saved: {json.dumps(entry)}\n      saved: {json.dumps(before.get(key(entry)))}")
    print(f"{len(cells) - len(different)} passed, {len(different)} failed")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
