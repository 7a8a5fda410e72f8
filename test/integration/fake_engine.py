# SPDX-License-Identifier: MIT
"""A container engine made of one thread per connection, for tests: it answers the part of the
Docker Engine API that Vigia uses, keeps every writing request, and misbehaves on demand."""

import json
import queue
import re
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler

_CONTAINER = re.compile(r"^(?:/v[\d.]+)?/containers/([0-9a-f]{64})(?:/(\w+))?$")


class FakeEngine:
    """Serves `socket_path`. `on_stop(id)` is called when a container is stopped or killed."""

    def __init__(self, socket_path, on_stop=lambda container: None):
        self.lock = threading.Lock()
        self.containers = {}
        self.writes = []  # (verb, id, status) of every request that could change something
        self.listeners = []
        self.on_stop = on_stop
        self.hang = False
        self.nonsense = False
        engine = self

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that left in the middle is what some tests are about

        class Handler(_Handler):
            pass

        Handler.engine = engine
        self.server = Server(str(socket_path), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def add(self, container, name, image="made/up:1", labels=None):
        with self.lock:
            self.containers[container] = {
                "name": name, "image": image, "labels": labels or {}, "state": "running",
                "created": time.time()}
        self.tell("create", container)
        self.tell("start", container)

    def tell(self, action, container):
        """Sends an event to everybody who follows them."""
        with self.lock:
            about = self.containers.get(container, {"name": "", "image": "", "labels": {}})
            now = time.time_ns()
            event = {"Type": "container", "Action": action, "status": action, "id": container,
                     "from": about["image"], "scope": "local",
                     "Actor": {"ID": container,
                               "Attributes": {"name": about["name"], "image": about["image"],
                                              **about["labels"]}},
                     "time": now // 10**9, "timeNano": now}
            listeners = list(self.listeners)
        for listener in listeners:
            listener.put(json.dumps(event) + "\n")

    def stop(self, container, verb):
        """(HTTP status) of a stop or kill."""
        with self.lock:
            known = self.containers.get(container)
            if known is None:
                status = 404
            elif known["state"] != "running":
                status = 304 if verb == "stop" else 409
            else:
                known["state"] = "exited"
                status = 204
            self.writes.append((verb, container, status))
        if status == 204:
            self.on_stop(container)
            if verb == "kill":
                self.tell("kill", container)
            self.tell("die", container)
            self.tell("stop", container)
        return status

    def remove(self, container):
        with self.lock:
            known = self.containers.get(container)
            status = 404 if known is None else 204
            self.writes.append(("remove", container, status))
            if known is not None:
                running = known["state"] == "running"
                del self.containers[container]
        if status == 204:
            if running:
                self.on_stop(container)
            self.tell("destroy", container)
        return status


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine = None

    def log_message(self, *arguments):
        pass

    def address_string(self):
        return "unix"

    def answer(self, status, value=None, headers=()):
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Api-Version", "1.41")
        if status != 204 and status != 304:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        for name, text in headers:
            self.send_header(name, text)
        self.end_headers()
        if status != 204 and status != 304:
            self.wfile.write(body)

    def misbehave(self):
        while self.engine.hang:
            time.sleep(0.05)
        if self.engine.nonsense:
            self.wfile.write(b"\x00\xff nonsense {[\r\n\r\n" * 20)
            self.close_connection = True
            return True
        return False

    def do_GET(self):
        if self.misbehave():
            return
        path = self.path.split("?")[0]
        named = _CONTAINER.match(path)
        if path.endswith("/_ping"):
            self.answer(200, "OK")
        elif path.endswith("/version"):
            self.answer(200, {"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12",
                              "Os": "linux"})
        elif path.endswith("/containers/json"):
            with self.engine.lock:
                listed = [summary(*item) for item in self.engine.containers.items()]
            self.answer(200, listed)
        elif named and named.group(2) == "json":
            with self.engine.lock:
                known = self.engine.containers.get(named.group(1))
                described = known and inspection(named.group(1), known)
            self.answer(200, described) if described else self.answer(404, {"message": "none"})
        elif path.endswith("/events"):
            self.stream_events()
        else:
            self.answer(404, {"message": "page not found"})

    do_HEAD = do_GET

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.misbehave():
            return
        named = _CONTAINER.match(self.path.split("?")[0])
        if named and named.group(2) in ("stop", "kill"):
            status = self.engine.stop(named.group(1), named.group(2))
            self.answer(status, {"message": "no such or not running"} if status > 400 else None)
        else:
            with self.engine.lock:
                self.engine.writes.append((self.path, "", 404))
            self.answer(404, {"message": "page not found"})

    def do_DELETE(self):
        if self.misbehave():
            return
        named = _CONTAINER.match(self.path.split("?")[0])
        status = self.engine.remove(named.group(1)) if named else 404
        self.answer(status, {"message": "no such container"} if status > 400 else None)

    def stream_events(self):
        events = queue.Queue()
        with self.engine.lock:
            self.engine.listeners.append(events)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        try:
            while True:
                line = events.get().encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                self.wfile.flush()
        except OSError:
            pass
        finally:
            with self.engine.lock:
                self.engine.listeners.remove(events)
            self.close_connection = True


def summary(container, known):
    return {"Id": container, "Names": ["/" + known["name"]], "Image": known["image"],
            "ImageID": "sha256:" + "0" * 64, "Created": int(known["created"]),
            "Labels": known["labels"], "State": known["state"], "Status": known["state"]}


def timestamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z", time.gmtime(seconds))


def inspection(container, known):
    running = known["state"] == "running"
    return {"Id": container, "Name": "/" + known["name"], "Created": timestamp(known["created"]),
            "RestartCount": 0, "Image": "sha256:" + "0" * 64,
            "Config": {"Image": known["image"], "Labels": known["labels"]},
            "State": {"Status": known["state"], "Running": running, "Paused": False,
                      "Restarting": False, "OOMKilled": False, "Dead": False, "ExitCode": 0,
                      "Pid": 1 if running else 0, "StartedAt": timestamp(known["created"]),
                      "FinishedAt": "0001-01-01T00:00:00Z" if running else timestamp(time.time())}}
