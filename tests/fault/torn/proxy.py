"""What a network does to Kafka's protocol, on purpose: a proxy between clients
and brokers that knows where a request begins and which one it is.

Brokers send their clients to the proxy by themselves (OUTER of ops/kafka/start),
so nothing in an answer has to be rewritten.

Of a request that is chosen, by API key and by dice:
  late    the client's connection is reset; the request arrives all the same,
          some 500 ms later: behind what the client asked again on a new one
  hold    it waits, with all that comes behind it, and goes on
  lose    it arrives; its answer does not
  double  it arrives at once, and the connection is reset before its answer, so
          that the client asks again
"""
import asyncio
import random
import socket
import struct
import threading

INIT_PRODUCER = 22
PRODUCE, ADD_PARTITIONS, ADD_OFFSETS, END_TXN, TXN_OFFSETS = 0, 24, 25, 26, 28
NAMES = {PRODUCE: "Produce", ADD_PARTITIONS: "AddPartitionsToTxn", ADD_OFFSETS: "AddOffsetsToTxn",
         END_TXN: "EndTxn", TXN_OFFSETS: "TxnOffsetCommit"}
KINDS = ("late", "hold", "lose", "double")
FRAME_MAX = 128 * 1024 * 1024


class Faults:
    """What is done, how often; counts what was done. Of one thread."""

    def __init__(self, seed=0, kinds=KINDS, chances=None):
        self.dice = random.Random(seed)
        self.kinds = kinds
        self.chances = chances or {}
        self.on = False
        self.done = {}
        self.seen = {}  # requests by key

    def choose(self, key):
        self.seen[key] = self.seen.get(key, 0) + 1
        if not self.on or self.dice.random() >= self.chances.get(key, 0):
            return None
        kind = self.dice.choice(self.kinds)
        self.done[NAMES.get(key, key), kind] = self.done.get((NAMES.get(key, key), kind), 0) + 1
        return kind

    def delay(self, kind):
        """Mostly the half second a lost segment takes, else anything up to one
        and a half; held ones sometimes longer than a call of the client waits."""
        if kind == "hold" and self.dice.random() < 0.02:
            return self.dice.uniform(5.5, 8)
        return 0.5 if self.dice.random() < 0.6 else self.dice.uniform(0.05, 1.5)

    def count(self):
        return sum(self.done.values())


class Link:
    """One connection of a client and its own to the broker."""

    def __init__(self, proxy, reader, writer, upstream):
        self.proxy, self.faults = proxy, proxy.faults
        self.reader, self.writer, self.upstream = reader, writer, upstream
        self.lost = set()
        self.gone = False  # the client's side
        self.to_broker = None

    def reset(self):
        """The client's side ends with RST: what was not read is lost as well."""
        if not self.gone:
            self.gone = True
            sock = self.writer.get_extra_info("socket")
            if sock is not None and sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()

    async def answers(self, from_broker):
        try:
            while True:
                frame = await read_frame(from_broker)
                correlation = struct.unpack_from(">i", frame, 4)[0]
                if correlation in self.lost:
                    self.lost.discard(correlation)
                    await asyncio.sleep(self.faults.delay("lose"))
                    self.reset()
                elif not self.gone:
                    await self.proxy.passable(self.upstream)
                    self.writer.write(frame)
                    await self.writer.drain()
        except (OSError, EOFError, asyncio.IncompleteReadError):
            pass
        self.reset()

    async def strike(self, kind, frame):
        """True: nothing more is read of this client's connection."""
        if kind == "hold":
            await asyncio.sleep(self.faults.delay(kind))
        elif kind == "late":
            self.reset()
            await asyncio.sleep(self.faults.delay(kind))
        elif kind == "lose":
            self.lost.add(struct.unpack_from(">i", frame, 8)[0])
        elif kind == "double":
            self.gone = True  # the answer is not to be faster than the reset
        self.to_broker.write(frame)
        await self.to_broker.drain()
        if kind == "double":
            self.gone = False
            self.reset()
        return kind in ("late", "double")

    async def run(self):
        host, port = self.upstream
        answers = None
        try:
            from_broker, self.to_broker = await asyncio.open_connection(host, port)
            answers = asyncio.ensure_future(self.answers(from_broker))
            while True:
                frame = await read_frame(self.reader)
                await self.proxy.passable(self.upstream)
                kind = self.faults.choose(struct.unpack_from(">h", frame, 4)[0])
                if await self.strike(kind, frame):
                    await asyncio.sleep(2)  # until the broker has done it
                    break
        except (OSError, EOFError, asyncio.IncompleteReadError):
            pass
        self.reset()
        if self.to_broker is not None:
            self.to_broker.close()
        if answers is not None:
            answers.cancel()


async def read_frame(reader):
    head = await reader.readexactly(4)
    n = struct.unpack(">i", head)[0]
    if not 0 < n <= FRAME_MAX:
        raise EOFError
    return head + await reader.readexactly(n)


class Proxy:
    """Listens on ports of its own choice, one a broker, in a thread of its own.
    `aim` says where each leads, once that is known."""

    def __init__(self, faults, count=1):
        self.faults, self.links, self.holes = faults, set(), {}
        self.sockets = [socket.socket() for _ in range(count)]
        for s in self.sockets:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", 0))
        self.ports = [s.getsockname()[1] for s in self.sockets]
        self.upstreams = [None] * count
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def aim(self, upstreams):
        """"host:port" for each, in order of the ports; begins to listen."""
        self.upstreams = [(u.split(":")[0], int(u.split(":")[1])) for u in upstreams]
        self.thread.start()
        return ",".join("127.0.0.1:%d" % p for p in self.ports)

    def serve(self):
        asyncio.set_event_loop(self.loop)
        for s, upstream in zip(self.sockets, self.upstreams):
            self.loop.run_until_complete(asyncio.start_server(self.client_of(upstream), sock=s))
        self.loop.run_forever()

    def client_of(self, upstream):
        async def client(reader, writer):
            link = Link(self, reader, writer, upstream)
            self.links.add(link)
            try:
                await link.run()
            finally:
                self.links.discard(link)
        return client

    async def passable(self, upstream):
        """A black hole lets nothing through, and says nothing."""
        while upstream in self.holes:
            await asyncio.sleep(0.05)

    def call(self, what):
        self.loop.call_soon_threadsafe(what)

    def hole(self, index, on):
        upstream = self.upstreams[index]
        self.call(lambda: self.holes.__setitem__(upstream, 1) if on else self.holes.pop(upstream, None))

    def reset_all(self):
        self.call(lambda: [link.reset() for link in list(self.links)])

    def close(self):
        if not self.thread.is_alive():
            return
        self.call(lambda: [task.cancel() for task in asyncio.all_tasks(self.loop)])
        self.call(self.loop.stop)
        self.thread.join(5)
