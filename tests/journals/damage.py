"""What may have become of a journal since it was written. Rule: each is made from a whole one by one act."""

import json
from collections.abc import Callable

from tests.storage.forging import changed, rechained

Lines = list[bytes]


def _place(lines: Lines, event: str) -> int:
    return next(place for place, line in enumerate(lines) if json.loads(line)["type"] == event)


def _flipped(lines: Lines) -> Lines:
    place = _place(lines, "StepConfirmed")
    return [*lines[:place], lines[place].replace(b"monday", b"mooday"), *lines[place + 1 :]]


def _dropped(lines: Lines) -> Lines:
    place = _place(lines, "SignedOff")
    return lines[:place] + lines[place + 1 :]


def _inserted(lines: Lines) -> Lines:
    place = _place(lines, "SignedOff")
    return [*lines[: place + 1], lines[place], *lines[place + 1 :]]


def _end_dropped(lines: Lines) -> Lines:
    return lines[: _place(lines, "PointOfNoReturnPassed")]


def _newer_format(lines: Lines) -> Lines:
    return rechained([changed(lines[0], format=2), *lines[1:]], was=lines)


def _begun_twice(lines: Lines) -> Lines:
    place = _place(lines, "SignedOff")
    return rechained([*lines[:place], lines[0], *lines[place:]])


def _from_the_future(lines: Lines) -> Lines:
    place = _place(lines, "SignedOff")
    event = changed(lines[place], type="StepTranscended", step="go", depth=7)
    return rechained([*lines[:place], event, *lines[place:]])


def _field_from_the_future(lines: Lines) -> Lines:
    place = _place(lines, "SignedOff")
    return rechained([*lines[:place], changed(lines[place], fingerprint="ab:cd"), *lines[place + 1 :]], was=lines)


def _stranger(lines: Lines) -> Lines:
    place = _place(lines, "StepConfirmed")
    return rechained([*lines[:place], changed(lines[place], step="elsewhere"), *lines[place:]])


def _without_time_zone(lines: Lines) -> Lines:
    place = _place(lines, "StepConfirmed")
    return rechained([*lines[:place], changed(lines[place], at="2026-03-14T01:00:06"), *lines[place + 1 :]], was=lines)


def _torn(lines: Lines) -> Lines:
    place = _place(lines, "PointOfNoReturnPassed")
    return [*lines[:place], lines[place][:100]]


DAMAGE: dict[str, Callable[[Lines], Lines]] = {
    "flipped": _flipped,
    "dropped": _dropped,
    "inserted": _inserted,
    "end-dropped": _end_dropped,
    "newer-format": _newer_format,
    "begun-twice": _begun_twice,
    "event-from-the-future": _from_the_future,
    "field-from-the-future": _field_from_the_future,
    "step-of-another-runbook": _stranger,
    "time-without-zone": _without_time_zone,
    "torn": _torn,
}
