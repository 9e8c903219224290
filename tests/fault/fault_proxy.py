"""A TCP proxy that treats each connection as a bad network would. Bytes only; knows no HTTP.

pass       both ways, untouched
partial    forwards a random part of what the client sends, then closes both ends
reset      forwards all the client sends, resets the client before the answer
half_open  forwards all the client sends, never says anything again, closes when the client does
duplicate  sends what the client sent a second time over a connection of its own
trickle    forwards in small pieces with pauses
"""
import random
import select
import socket
import struct
import threading
import time

MODES = ("pass", "partial", "reset", "half_open", "duplicate", "trickle")


class FaultProxy:
    def __init__(self, target_port, seed, modes=MODES):
        self.target_port = target_port
        self.rng, self.modes = random.Random(seed), modes
        self.used = {mode: 0 for mode in modes}
        self.stopping = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def accept(self):
        self.listener.settimeout(0.1)
        while not self.stopping.is_set():
            try:
                client, _ = self.listener.accept()
            except TimeoutError:
                continue
            mode = self.rng.choice(self.modes)
            self.used[mode] += 1
            thread = threading.Thread(target=self.serve, args=(client, mode, self.rng.random()), daemon=True)
            thread.start()
            self.threads.append(thread)

    def serve(self, client, mode, share):
        try:
            server = socket.create_connection(("127.0.0.1", self.target_port), timeout=10)
        except OSError:
            client.close()
            return
        try:
            client.settimeout(10)
            getattr(self, mode)(client, server, share)
        except OSError:
            pass  # either end went away: what this proxy is for
        finally:
            client.close()
            server.close()

    def request(self, client):
        """What the client sends until it waits for an answer."""
        data = client.recv(1 << 16)
        while data and select.select([client], [], [], 0.05)[0]:
            more = client.recv(1 << 16)
            if not more:
                break
            data += more
        return data

    def copy(self, client, server):
        while not self.stopping.is_set():
            ready = select.select([client, server], [], [], 0.1)[0]
            for source, sink in ((client, server), (server, client)):
                if source in ready:
                    data = source.recv(1 << 16)
                    if not data:
                        return
                    sink.sendall(data)

    def passing(self, client, server, share):
        self.copy(client, server)

    def partial(self, client, server, share):
        data = self.request(client)
        server.sendall(data[:int(len(data) * share)])

    def reset(self, client, server, share):
        server.sendall(self.request(client))
        server.recv(1)  # the server has answered, so the request had its effect
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def half_open(self, client, server, share):
        server.sendall(self.request(client))
        while not self.stopping.is_set():
            if select.select([client], [], [], 0.1)[0] and not client.recv(1 << 16):
                return

    def duplicate(self, client, server, share):
        data = self.request(client)
        with socket.create_connection(("127.0.0.1", self.target_port), timeout=10) as again:
            again.sendall(data)
            server.sendall(data)
            again.recv(1 << 16)
        self.copy(client, server)

    def trickle(self, client, server, share):
        data = self.request(client)
        piece = max(1, len(data) // 20)
        for begin in range(0, len(data), piece):
            server.sendall(data[begin:begin + piece])
            time.sleep(0.005)  # the pause is the fault
        self.copy(client, server)

    def close(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(20)
        self.listener.close()


setattr(FaultProxy, "pass", FaultProxy.passing)  # the mode's name is a keyword
