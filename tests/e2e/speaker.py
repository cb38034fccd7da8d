"""A program that knows nothing of ours: sends lines to a socket and prints the answers, or listens on it."""

import os
import socket
import sys


def speak(path: str) -> None:
    """Send what comes in, and print one answer for each line."""
    lines = sys.stdin.buffer.readlines()
    with socket.socket(socket.AF_UNIX) as ours:
        ours.connect(path)
        ours.sendall(b"".join(lines))
        heard = ours.makefile("rb")
        while lines:
            line = heard.readline()
            if not line:
                sys.exit("hung up")
            if line.startswith(b'{"answer"'):
                sys.stdout.buffer.write(line)
                lines.pop()


def listen(path: str) -> None:
    """Listen there, and print whatever is sent, until the process is ended."""
    with socket.socket(socket.AF_UNIX) as ours:
        ours.bind(path)
        os.chmod(path, 0o777)  # noqa: PTH101, S103 - without imports it starts sooner; a trap is open to all
        ours.listen()
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        while True:
            peer, _ = ours.accept()
            peer.settimeout(2)
            try:
                sys.stdout.write(repr(peer.recv(1 << 16)) + "\n")
            except TimeoutError:
                sys.stdout.write("nothing\n")
            sys.stdout.flush()


if __name__ == "__main__":
    (listen if len(sys.argv) > 2 else speak)(sys.argv[1])
