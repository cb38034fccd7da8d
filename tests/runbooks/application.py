"""An application that is at work while a runbook runs. Rule: each statement is a transaction, and none may fail."""

import threading
from typing import Self

import psycopg

PACE_SECONDS = 0.002


class Application:
    """Says statements one after the other, for ever; `says` may be changed meanwhile."""

    def __init__(self, url: str, *statements: str) -> None:
        self.says: tuple[str, ...] = statements
        self.errors: list[str] = []
        self.said = 0
        self._over = threading.Event()
        self._url = url
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        with psycopg.connect(self._url, autocommit=True, prepare_threshold=None) as connection:
            while not self._over.wait(PACE_SECONDS):
                statement = self.says[self.said % len(self.says)]
                try:
                    connection.execute(statement.encode())
                except psycopg.Error as error:
                    self.errors.append(f"{statement}: {error}")
                self.said += 1
