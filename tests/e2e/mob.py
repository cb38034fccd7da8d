"""A program that knows nothing of ours: a thousand clients at one socket that garble, flood, stall and never read."""

import contextlib
import json
import resource
import select
import socket
import sys

CLIENTS = 1000
NOTE = b'{"command":"AddNote","text":"mob"}\n'


def words(number: int) -> tuple[bytes, int]:
    """Return what a client says over and over, and how many bytes of it at once."""
    match number % 6:
        case 0:
            return bytes(range(256)) * 4 + b"\n", 4096  # garbage
        case 1:
            return b"[" * (1 << 20), 1 << 16  # huge, without an end
        case 2:
            return b'{"command":"AddNote","text":"s', 1  # slow: a byte each time round
        case 3:
            return b'{"command":"AddNote","te', 0  # half a line, once
        case 4:
            return NOTE, len(NOTE)  # a flood, and the answers are never read
        case _:
            return b"", 0  # silent, and never reads


class Client:
    """One of them; whoever is turned away comes again."""

    def __init__(self, path: str, number: int) -> None:
        self.path, self.number = path, number
        self.text, self.step = words(number)
        self.at = 0
        self.connects = self.refusals = 0
        self.ours: socket.socket | None = None

    def act(self) -> None:
        try:
            if self.ours is None:
                self._connect()
            elif not self._turned_away() and self.text:
                self._say()
        except OSError:
            self._leave()

    def _connect(self) -> None:
        self.ours = socket.socket(socket.AF_UNIX)
        self.ours.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        self.ours.connect(self.path)
        self.connects, self.at = self.connects + 1, 0

    def _turned_away(self) -> bool:
        assert self.ours is not None
        with contextlib.suppress(BlockingIOError):
            if b"too many are attached" in self.ours.recv(200, socket.MSG_PEEK):
                self.refusals += 1
                self._leave()
        return self.ours is None

    def _say(self) -> None:
        assert self.ours is not None
        with contextlib.suppress(BlockingIOError):
            if self.step == 0 and self.at:
                return
            end = self.at + (self.step or len(self.text))
            self.at = (self.at + self.ours.send(self.text[self.at : end])) % len(self.text)

    def _leave(self) -> None:
        if self.ours is not None:
            self.ours.close()
        self.ours = None


def main(path: str) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * CLIENTS), hard))
    crowd = [Client(path, number) for number in range(CLIENTS)]
    rounds = 0
    while not select.select([sys.stdin], [], [], 0.01)[0]:
        for each in crowd:
            each.act()
        rounds += 1
        if rounds == 3:
            sys.stdout.write("raging\n")
            sys.stdout.flush()
    told = {
        "rounds": rounds,
        "connects": sum(each.connects for each in crowd),
        "refusals": sum(each.refusals for each in crowd),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
