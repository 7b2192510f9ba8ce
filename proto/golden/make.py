#!/usr/bin/env python3
"""Makes the golden vectors from implementations that share no code with pwp.

    python3 -m venv venv && venv/bin/pip install protobuf==7.36.2 buf-bin==1.75.0
    apt-get install libprotobuf-java libgoogle-gson-java libguava-java     # and a JDK
    venv/bin/python proto/golden/make.py           # rewrites proto/golden/*.json
    venv/bin/python proto/golden/make.py --check   # fails if they would change

Python's protobuf (upb), Java's protobuf and JsonFormat (what Bazel and most JVM workers use) and buf (Go's protobuf) each
read every input. `null` stands for "refused"; anything else is the message that was read, as the shortest protobuf bytes
in hexadecimal.
"""

import io
import json
import pathlib
import subprocess
import sys
import tempfile

from google.protobuf import __version__ as python_version
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, proto

import inputs

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
JARS = ["protobuf", "protobuf-util", "gson", "guava"]
CLASSPATH = ":".join(f"/usr/share/java/{jar}.jar" for jar in JARS)
BUF = str(pathlib.Path(sys.executable).parent / "buf")


class Python:
    """google.protobuf for Python, which is upb."""

    def __init__(self, image):
        pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes()).file:
            pool.Add(file)
        self.pool = pool

    def new(self, name):
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(f"pwp.worker.v1.{name}"))()

    def canonical(self, message):
        message.DiscardUnknownFields()
        return message.SerializeToString(deterministic=True).hex()

    def read_wire(self, name, data):
        message = self.new(name)
        try:
            message.ParseFromString(data)
        except Exception:
            return None
        return self.canonical(message)

    def read_json(self, name, data):
        message = self.new(name)
        try:
            json_format.Parse(data.decode(), message, ignore_unknown_fields=True)
        except Exception:
            return None
        return self.canonical(message)

    def write_json(self, message, defaults):
        fields = json_format.MessageToDict(message, always_print_fields_with_no_presence=defaults)
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)

    def read_stream(self, name, data):
        """Bodies of the frames, and whether the stream ended cleanly."""
        stream, found = io.BytesIO(data), []
        while True:
            try:
                message = proto.parse_length_prefixed(type(self.new(name)), stream)
            except Exception:
                return {"frames": found, "clean": False}
            if message is None:
                return {"frames": found, "clean": True}
            found.append(self.canonical(message))


class Java:
    """protobuf-java and JsonFormat; one process answers line by line."""

    def __init__(self, image, classes):
        subprocess.run(["javac", "-cp", CLASSPATH, "-d", classes, HERE / "Golden.java"], check=True)
        self.process = subprocess.Popen(
            ["java", "-cp", f"{CLASSPATH}:{classes}", "Golden", image],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, what, name, data):
        self.process.stdin.write(f"{what} {name} {data.hex()}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def read_wire(self, name, data):
        return self.ask("read-wire", name, data)

    def read_json(self, name, data):
        return self.ask("read-json", name, data)

    def read_stream(self, name, data):
        return self.ask("read-stream", name, data)

    def write_json(self, message, defaults):
        what = "write-json-defaults" if defaults else "write-json"
        answer = self.ask(what, message.DESCRIPTOR.name, message.SerializeToString())
        return bytes.fromhex(answer).decode()


class Buf:
    """buf convert: Go's protobuf. It drops unknown fields, and its JSON output has white space that varies by design."""

    def __init__(self, image, python):
        self.image = image
        self.python = python

    def convert(self, name, data, source, target):
        run = subprocess.run(
            [BUF, "convert", self.image, "--type", f"pwp.worker.v1.{name}"]
            + ["--from", f"-#format={source}", "--to", f"-#format={target}"],
            input=data,
            capture_output=True,
        )
        return run.stdout if run.returncode == 0 else None

    def read_json(self, name, data):
        # An empty standard input is not an empty document to buf.
        out = self.convert(name, data, "json", "binpb") if data else None
        return None if out is None else out.hex()

    def read_wire(self, name, data):
        if not data:
            return ""
        out = self.convert(name, data, "binpb", "json")
        return None if out is None else self.python.read_json(name, out)


def python_objects(data):
    """How Python's json module cuts a stream of objects: lengths with leading white space, and whether nothing is left."""
    decoder, text, at, found = json.JSONDecoder(), data.decode(), 0, []
    while True:
        begin = len(text) - len(text[at:].lstrip(" \t\r\n"))
        if begin == len(text):
            return {"objects": found, "clean": True}
        try:
            if text[begin] != "{":
                raise ValueError
            _, at = decoder.raw_decode(text, begin)
        except ValueError:
            return {"objects": found, "clean": False}
        found.append(text[begin:at])


def make():
    with tempfile.TemporaryDirectory() as folder:
        image = pathlib.Path(folder) / "image.binpb"
        subprocess.run([BUF, "build", ROOT, "-o", image], check=True)
        python = Python(image)
        java = Java(image, folder)
        buf = Buf(image, python)
        buf_version = subprocess.run([BUF, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        made_by = {
            "python": f"protobuf {python_version}",
            "java": pathlib.Path("/usr/share/java/protobuf.jar").resolve().stem,
            "buf": f"buf {buf_version}",
        }
        readers = {"python": python, "java": java, "buf": buf}

        messages = []
        for case, name, fields in inputs.MESSAGES:
            message = json_format.ParseDict(fields, python.new(name))
            wire = message.SerializeToString(deterministic=True)
            for reader in readers.values():
                assert reader.read_wire(name, wire) == wire.hex(), (case, reader)
            messages.append({
                "name": case,
                "message": name,
                "frame": java.ask("write-frame", name, wire),
                "python": python.write_json(message, False),
                "python_defaults": python.write_json(message, True),
                "java": java.write_json(message, False),
                "java_defaults": java.write_json(message, True),
            })

        lengths = []
        for length in inputs.OUTPUT_LENGTHS:
            message = json_format.ParseDict({"output": "x" * length}, python.new("WorkResponse"))
            frame = bytes.fromhex(java.ask("write-frame", "WorkResponse", message.SerializeToString()))
            lengths.append({"output": length, "frame": len(frame), "head": frame[:10].hex()})

        def table(cases, method):
            return [
                {"name": case, "message": name, "hex": data.hex()}
                | ({"text": data.decode()} if method == "read_json" and data.isascii() else {})
                | {who: getattr(reader, method)(name, data) for who, reader in readers.items()}
                for case, name, data in cases
            ]

        streams = [
            {"name": case, "hex": data.hex(), "python": python.read_stream("WorkRequest", data)}
            | {"java": java.read_stream("WorkRequest", data)}
            for case, data in inputs.PROTO_STREAMS
        ]
        objects = [
            {"name": case, "hex": data.hex(), "python": python_objects(data)} for case, data in inputs.JSON_STREAMS
        ]
        return {
            "messages.json": {"made_by": made_by, "cases": messages, "lengths": lengths},
            "json.json": {"made_by": made_by, "cases": table(inputs.JSON, "read_json")},
            "wire.json": {"made_by": made_by, "cases": table(inputs.WIRE, "read_wire")},
            "streams.json": {"made_by": made_by, "proto": streams, "json": objects},
        }


def main():
    stale = []
    for name, content in make().items():
        text = json.dumps(content, indent=1, ensure_ascii=True) + "\n"
        if "--check" in sys.argv:
            if (HERE / name).read_text() != text:
                stale.append(name)
        else:
            (HERE / name).write_text(text)
    if stale:
        sys.exit(f"stale: {', '.join(stale)}; run make.py without --check")


main()
