# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy to a port of 127.0.0.1 that delays the data of each direction by some seconds.

It is latency and no limit of bandwidth: data wait in a queue with the time at which they are due. As a
program: delay_proxy.py PORT SECONDS prints the port that it listens on and serves until it is killed.
"""
import collections
import socket
import sys
import threading
import time

BLOCK = 1 << 18
LIMIT = 64 << 20  # bytes in the queue of one direction


class Pipe:
    """One direction of one connection: a thread that reads and one that writes when data are due."""

    def __init__(self, source, sink, delay):
        self.source, self.sink, self.delay = source, sink, delay
        self.queue, self.bytes = collections.deque(), 0
        self.ready = threading.Condition()
        for target in (self.read, self.write):
            threading.Thread(target=target, daemon=True).start()

    def read(self):
        data = True
        while data:
            try:
                data = self.source.recv(BLOCK)
            except OSError:
                data = b""
            with self.ready:
                self.queue.append((time.monotonic() + self.delay, data))
                self.bytes += len(data)
                self.ready.notify_all()
                self.ready.wait_for(lambda: self.bytes < LIMIT)

    def write(self):
        while True:
            with self.ready:
                self.ready.wait_for(lambda: self.queue)
                due, data = self.queue.popleft()
                self.bytes -= len(data)
                self.ready.notify_all()
            pause = due - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            try:
                if not data:
                    self.sink.shutdown(socket.SHUT_WR)
                    return
                self.sink.sendall(data)
            except OSError:
                with self.ready:
                    self.bytes = -(1 << 62)  # the reader never waits again
                    self.ready.notify_all()
                return


class DelayProxy:
    """with DelayProxy(port, seconds each way) as proxy: connect to proxy.port."""

    def __init__(self, target_port, delay):
        self.target_port, self.delay = target_port, delay
        self.pairs = []
        self.refuse = False
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refuse:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target_port))
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.pairs.append((client, server))
            Pipe(client, server, self.delay)
            Pipe(server, client, self.delay)

    def cut(self):
        """Ends all connections at once, data on the way are lost; returns how many."""
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()
        return len(pairs)

    def close(self):
        self.listener.close()
        self.cut()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


if __name__ == "__main__":
    running = DelayProxy(int(sys.argv[1]), float(sys.argv[2]))
    print(running.port, flush=True)
    while True:
        time.sleep(3600)
