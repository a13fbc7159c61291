"""What the parts of the network domain hand to each other: a device, what it said, what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Device:
    """One device of the ledger ``network_devices``, with the address at which it is reached."""

    name: str
    platform: str
    address: str
    site: str
    layer: str
    port: int = 22


class Status(StrEnum):
    """How the attempt to read a device ended. Each is a different errand for the person who reads the list."""

    STORED = "stored"  # captured, complete, and kept (new or as before)
    UNREACHABLE = "unreachable"  # no TCP connection, or no SSH behind it
    HOST_KEY_UNKNOWN = "host_key_unknown"
    HOST_KEY_CHANGED = "host_key_changed"
    AUTHENTICATION = "authentication"
    TIMEOUT = "timeout"  # it answered, and then fell silent
    REFUSED = "refused"  # it knows no such command, or gives no privilege
    LOG_LINES = "log_lines"  # the device went on printing its log into the answers
    INCOMPLETE = "incomplete"  # cut off: start or end of the config is missing
    WRONG_DEVICE = "wrong_device"  # complete, and of a device with another name
    SHRUNK = "shrunk"  # complete, and much shorter than the last good one
    TOO_LARGE = "too_large"
    UNKNOWN_PLATFORM = "unknown_platform"
    NOT_STORED = "not_stored"  # read well; the store would not take it


@dataclass(frozen=True, slots=True)
class Answer:
    """What came after one command was sent, up to and with the prompt that ended it: bytes as received, echo and all."""

    command: str  # the command's key in the platform file, such as "running"
    received: bytes = field(repr=False)  # secrets and all
    prompt: bytes  # the prompt that was seen before the command was sent


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One attempt (with its retries) at one device. ``status`` is STORED while nothing has failed yet."""

    device: Device
    status: Status
    answers: tuple[Answer, ...]
    detail: str  # for people; never holds a secret or device output
    attempts: int
    seconds: float
    via: str  # "asyncssh", "netmiko" or "napalm"


@dataclass(frozen=True, slots=True)
class Capture:
    """One command's text of one device, proved complete: LF line ends, nothing of the terminal left, otherwise as received."""

    device: Device
    command: str
    full: bytes = field(repr=False)  # with its secrets; leaves memory only encrypted
    masked: bytes  # volatile lines rewritten, every secret replaced by its keyed hash
    identity: str  # keyed hash of the full text after volatile lines were rewritten: equal means nothing changed
