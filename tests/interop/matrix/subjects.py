"""The build tools and workers of the matrix, read from targets/ and workloads/, and what each tool can drive."""

import dataclasses
import os
import pathlib
import re
import shutil
import tomllib

INTEROP = pathlib.Path(__file__).resolve().parent.parent
# The folder of outputs in every Bazel on Linux x86-64, without flags that change it.
BIN = "bazel-out/k8-fastbuild/bin"
# The five requests of each workload. The one that changes a source comes last, in a build of its own.
REQUESTS = {
    "tool": ["print", "print-non-ascii", "copy", "concat", "copy-changed"],
    "gcc": ["text", "warning", "words", "assembly", "words with other settings"],
    "javabuilder": ["library", "grams", "shelf", "parcel", "grams-changed"],
    "vanilla-javabuilder": ["library", "grams", "shelf", "parcel", "grams-changed"],
    "ts-project": ["library", "units", "queue", "slow", "units-changed"],
    "tsc-wrapped": ["library", "units", "queue", "slow", "units-changed"],
}
# Pairs that work or hang as chance has it, each with the reason.
_REUSED = (
    "it gives every request of a singleplex worker the same request_id; when one comes while the thread that answered the one "
    "before still removes that id, the worker forgets it (W-073), and the build hangs"
)
RACES = {
    ("bazel-2.1.0", "wrh-proto"): _REUSED,
    ("bazel-1.2.0", "wrh-proto"): _REUSED,
}


@dataclasses.dataclass
class Client:
    """A build tool."""

    name: str
    program: str
    startup: list

    @property
    def version(self):
        """Its version as numbers; the name of its target ends with it."""
        return tuple(int(part) for part in self.name.rsplit("-", 1)[1].split("."))

    def flags(self, mnemonic, multiplex):
        """The flags of `build`: workers only, no other way to run an action, and one process for singleplex workers."""
        version = self.version
        flags = [f"--strategy={mnemonic}=worker", "--jobs=8"]
        flags.append("--local_cpu_resources=8" if version >= (0, 24) else "--local_resources=8192,8,1.0")
        if version >= (3, 0):
            flags += ["--experimental_worker_multiplex", "--experimental_worker_allow_json_protocol"]
        # Before 3.6 this limit is also the one for open requests of a multiplex worker.
        instances = 8 if multiplex and self.has_multiplex else 1
        flags.append(f"--worker_max_instances={mnemonic}={instances}" if version >= (0, 29) else f"--worker_max_instances={instances}")
        return flags

    @property
    def has_multiplex(self):
        """Whether it knows `supports-multiplex-workers`."""
        return self.version >= (1, 2)

    def cannot(self, worker):
        """Why it can't drive a worker at all, if so."""
        if worker.dialect == "json" and self.version < (4, 1):
            return "it speaks proto only, and the worker was started for json"
        return None


@dataclasses.dataclass
class Worker:
    """A worker, with its workload."""

    name: str
    workload: str
    dialect: str
    features: list
    command: list
    environment: dict
    inputs: dict
    requests: list

    @property
    def mnemonic(self):
        """Its name as a mnemonic, so that each has a log and limits of its own."""
        return "".join(part.capitalize() for part in self.name.split("-"))

    @property
    def requirements(self):
        """The execution requirements of its actions."""
        names = {
            "multiplex": "supports-multiplex-workers",
            "cancellation": "supports-worker-cancellation",
            "multiplex-sandboxing": "supports-multiplex-sandboxing",
        }
        found = {"supports-workers": "1"}
        found.update({names[feature]: "1" for feature in self.features if feature in names})
        if self.dialect == "json":
            found["requires-worker-protocol"] = "json"
        return found

    def script(self):
        """The tool of its actions: a build tool starts workers without PATH."""
        quote = lambda text: "'" + text.replace("'", "'\\''") + "'"
        variables = {"PATH": os.environ["PATH"], **self.environment}
        lines = [f"export {name}={quote(value)}" for name, value in variables.items()]
        command = " ".join(quote(word) for word in self.command)
        return "#!/bin/sh\n" + "\n".join(lines) + f'\nexec {command} "$@"\n'


@dataclasses.dataclass
class Request:
    """One action: its argfile, what it reads and writes, and what has to come of it."""

    name: str
    lines: list
    inputs: list
    # By path, with the content that is known.
    outputs: dict
    message: str
    changes: dict


def read(path):
    """All targets in a file that `run` has written."""
    clients, workers = [], []
    for line in pathlib.Path(path).read_text().splitlines():
        name, kind, program, startup, workload, dialect, features, command = line.split("\t")
        words = lambda text: [word for word in text.split("\x1f") if word]
        if kind:
            clients.append(Client(name, program, words(startup)))
        else:
            workers.append(_worker(name, workload, dialect, features, words(command)))
    clients.sort(key=lambda client: client.version, reverse=True)
    return clients, workers


def _worker(name, workload, dialect, features, command):
    file = INTEROP / "workloads" / f"{workload}.toml"
    data = tomllib.loads(file.read_text())
    fill = lambda text: text.replace("{workload}", str(file.parent))
    command = [_program(fill(word), file.parent) for word in command or data["command"]]
    inputs = {}
    for entry in data.get("input", []):
        if "from" in entry:
            root = file.parent / entry["from"]
            for source in sorted(path for path in root.rglob("*") if path.is_file()):
                inputs[f"{entry['path']}/{source.relative_to(root)}"] = _source(source)
        else:
            inputs[entry["path"]] = entry["content"]
    by_name = {request["name"]: request for request in data["request"]}
    return Worker(
        name=name,
        workload=workload,
        dialect=dialect or data.get("dialect", "proto"),
        features=[part for part in features.split(",") if part] or data.get("features", []),
        command=[shutil.which(command[0]) or command[0], *command[1:]],
        environment={key: fill(value) for key, value in data.get("environment", {}).items()},
        inputs=inputs,
        requests=[_request(workload, by_name[wanted]) for wanted in REQUESTS[workload]],
    )


def _program(word, folder):
    """A word of a command; workloads name files relative to their own folder."""
    return str((folder / word).resolve()) if word.startswith("../") else word


def _source(path):
    """A source. Compilers whose configuration names a folder of outputs are told that of Bazel; and Bazel's links stay what they are."""
    text = path.read_text()
    if path.suffix == ".json":
        text = text.replace('"../out/', f'"../{BIN}/out/').replace('"noLib"', '"preserveSymlinks": true,\n    "noLib"', 1)
    return text


def _request(workload, data):
    outputs = {output["path"]: output.get("content") for output in data.get("outputs", [])}
    lines = list(data["arguments"])
    if workload == "tool" and not outputs:
        # An action has to have an output.
        path = f"out/{data['name']}.txt"
        outputs[path] = ""
        lines.append(f"--out={path}")
    place = lambda line: f"{BIN}/{line}" if line in outputs else re.sub(r"(^|=)out/", rf"\1{BIN}/out/", line)
    return Request(
        name=re.sub(r"[^a-z0-9]+", "-", data["name"]),
        lines=[place(line) for line in lines],
        inputs=list(data.get("inputs", [])),
        outputs=outputs,
        message=data.get("output", ""),
        changes={change["path"]: change["content"] for change in data.get("changes", [])},
    )
