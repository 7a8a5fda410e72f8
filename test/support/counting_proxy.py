# SPDX-License-Identifier: MIT
"""A unix socket between a client and an engine that keeps every request and when it came.

It is what dry run is judged by: the engine's own log would be too late and too coarse."""

import re
import socket
import threading
import time

_REQUEST = re.compile(rb"^([A-Z]+) (\S+) HTTP/1\.[01]\r\n", re.MULTILINE)


class CountingProxy:
    """Forwards `path` to `target`, which need not be there all the time."""

    def __init__(self, path, target):
        self.path = path
        self.target = target
        self.requests = []  # (time.monotonic(), method, target), in the order of their arrival
        self._open = set()
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(path)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def writes(self):
        """Every request that could change something."""
        with self._lock:
            return [entry for entry in self.requests if entry[1] not in ("GET", "HEAD")]

    def writes_about(self, container):
        return [entry for entry in self.writes() if container in entry[2]]

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                _shut(connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                engine.connect(self.target)
            except OSError:
                client.close()
                engine.close()
                continue
            with self._lock:
                self._open |= {client, engine}
            for source, sink, look in ((client, engine, True), (engine, client, False)):
                threading.Thread(target=self._pump, args=(source, sink, look), daemon=True).start()

    def _pump(self, source, sink, look):
        try:
            while data := source.recv(65536):
                if look:
                    now = time.monotonic()
                    found = [(now, method.decode(), target.decode("ascii", "replace"))
                             for method, target in _REQUEST.findall(data)]
                    with self._lock:
                        self.requests += found
                sink.sendall(data)
        except OSError:
            pass
        _shut(source)
        _shut(sink)


def _shut(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
