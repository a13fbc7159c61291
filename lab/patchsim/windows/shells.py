"""The two kinds of remote shells: WinRS (Ansible's ``winrm``) and PowerShell remoting (``psrp``)."""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import Protocol
from xml.etree.ElementTree import Element

from psrpcore import (
    CreatePipelineEvent,
    EndOfPipelineInputEvent,
    PipelineInputEvent,
    PSRPPayload,
    ServerPipeline,
    ServerRunspacePool,
    StreamType,
)
from psrpcore.types import HostMethodIdentifier

from . import wsman
from .machine import Machine
from .powershell import run, run_script
from .wsman import Fault, Request

CMD = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
POWERSHELL = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
#: a client that sends more than this for one command is no Ansible
_MOST_INPUT = 64 << 20
_DONE = f"{wsman.SHELL}/CommandState/Done"


class Shell(Protocol):
    """Bodies of answers, as XML. Each raises :class:`Fault` when the request does not fit."""

    id: str

    def created(self, resource: str) -> str: ...

    def command(self, request: Request) -> str: ...

    def send(self, request: Request) -> str: ...

    def receive(self, request: Request) -> str: ...

    def signal(self, request: Request) -> str: ...


def _decoded(element: Element) -> bytes:
    try:
        return base64.b64decode(element.text or "", validate=False)
    except binascii.Error:
        raise Fault(wsman.BAD_REQUEST, "The stream is not Base64.") from None


def _stream(name: str, command: str, data: bytes, *, end: bool) -> str:
    of = f' CommandId="{command}"' if command else ""
    return (
        f'<rsp:Stream Name="{name}"{of}{" End=" + chr(34) + "true" + chr(34) if end else ""}>{base64.b64encode(data).decode()}</rsp:Stream>'
    )


def _state(command: str, code: int) -> str:
    return f'<rsp:CommandState CommandId="{command}" State="{_DONE}"><rsp:ExitCode>{code}</rsp:ExitCode></rsp:CommandState>'


def _created(number: str, resource: str) -> str:
    return (
        f"<x:ResourceCreated><a:Address>{wsman.NAMES['a']}/role/anonymous</a:Address><a:ReferenceParameters>"
        f'<w:ResourceURI>{resource}</w:ResourceURI><w:SelectorSet><w:Selector Name="ShellId">{number}</w:Selector></w:SelectorSet>'
        f"</a:ReferenceParameters></x:ResourceCreated><rsp:Shell><rsp:ShellId>{number}</rsp:ShellId>"
        f"<rsp:ResourceUri>{resource}</rsp:ResourceUri></rsp:Shell>"
    )


class _Command:
    """A process that has been started and reads its standard input to the end before it does anything."""

    def __init__(self, line: str, *, reads: bool) -> None:
        self.line = line
        self.stdin = bytearray()
        self.complete = not reads


class CmdShell:
    """WinRS: a command line, its standard input, what it prints."""

    def __init__(self, machine: Machine, _request: Request) -> None:
        self.id = str(uuid.uuid4()).upper()
        self._machine = machine
        self._commands: dict[str, _Command] = {}

    def created(self, resource: str) -> str:
        return _created(self.id, resource)

    def command(self, request: Request) -> str:
        line = " ".join([request.text("rsp:Command"), *request.texts("rsp:Arguments")])
        # with console input a program does not wait for it: pywinrm says so when it will send nothing
        console = request.text("w:Option[@Name='WINRS_CONSOLEMODE_STDIN']").upper() == "TRUE"
        number = str(uuid.uuid4()).upper()
        self._commands[number] = _Command(line, reads=not console)
        return f"<rsp:CommandResponse><rsp:CommandId>{number}</rsp:CommandId></rsp:CommandResponse>"

    def _of(self, number: str | None) -> _Command:
        if number not in self._commands:
            raise Fault(wsman.SHELL_NOT_FOUND, "The command was not found.")
        return self._commands[number]

    def send(self, request: Request) -> str:
        stream = request.find("rsp:Stream")
        command = self._of(stream.get("CommandId"))
        command.stdin += _decoded(stream)
        if len(command.stdin) > _MOST_INPUT:
            raise Fault(wsman.BAD_REQUEST, "Too much input.")
        command.complete |= stream.get("End", "").lower() == "true"
        return "<rsp:SendResponse/>"

    def receive(self, request: Request) -> str:
        number = request.find("rsp:DesiredStream").get("CommandId") or ""
        command = self._of(number)
        if not command.complete:
            raise Fault(wsman.NOTHING_YET, "The operation timed out before the command printed anything.", "w:TimedOut")
        output = run(self._machine, command.line, bytes(command.stdin))
        streams = _stream("stdout", number, output.out, end=True) + _stream("stderr", number, output.err, end=True)
        return f"<rsp:ReceiveResponse>{streams}{_state(number, output.code)}</rsp:ReceiveResponse>"

    def signal(self, request: Request) -> str:
        self._commands.pop(request.find("rsp:Signal").get("CommandId") or "", None)
        return "<rsp:SignalResponse/>"


class _Pipeline:
    """A pipeline of PowerShell: a script, and the objects that come in."""

    def __init__(self, pool: ServerRunspacePool, number: str) -> None:
        self.pipeline = ServerPipeline(pool, uuid.UUID(number))
        self.script = ""
        self.arguments: list[str] = []
        self.input: list[str] = []
        self.done = False


class PowerShellShell:
    """PSRP over WS-Management (MS-PSRP): psrpcore speaks the protocol."""

    def __init__(self, machine: Machine, request: Request) -> None:
        self.id = (request.find("rsp:Shell").get("ShellId") or str(uuid.uuid4())).upper()
        self._machine = machine
        self._pool = ServerRunspacePool()
        self._pipelines: dict[str, _Pipeline] = {}
        self._waiting: dict[str, list[bytes]] = {}
        creation = request.root.find(".//{http://schemas.microsoft.com/powershell}creationXml")
        if creation is None:
            raise Fault(wsman.BAD_REQUEST, "The request has no creationXml.")
        self._take(_decoded(creation), "")

    def created(self, resource: str) -> str:
        return _created(self.id, resource)

    def _take(self, data: bytes, number: str) -> None:
        try:
            self._pool.receive_data(PSRPPayload(data, StreamType.default, uuid.UUID(number) if number else None))
            while (event := self._pool.next_event()) is not None:
                pipeline = self._pipelines.get(str(getattr(event, "pipeline_id", "")).upper())
                if isinstance(event, CreatePipelineEvent) and pipeline is not None:
                    # "exit $LASTEXITCODE" is what the connection plugin adds to a raw command
                    pipeline.script = event.pipeline.commands[0].command_text.removesuffix("\nexit $LASTEXITCODE")
                    pipeline.arguments = [str(value) for _, value in event.pipeline.commands[0].parameters]
                    if getattr(event.pipeline, "no_input", False):
                        self._run(pipeline)
                elif isinstance(event, PipelineInputEvent) and pipeline is not None:
                    pipeline.input.append(str(event.data))
                elif isinstance(event, EndOfPipelineInputEvent) and pipeline is not None:
                    self._run(pipeline)
        except (ValueError, IndexError) as error:
            raise Fault(wsman.BAD_REQUEST, f"The PSRP message cannot be read: {type(error).__name__}") from None

    def _run(self, pipeline: _Pipeline) -> None:
        if pipeline.done:
            return
        pipeline.done = True
        output = run_script(self._machine, pipeline.script, pipeline.arguments, "\n".join(pipeline.input).encode())
        there = pipeline.pipeline
        there.start()
        for line in output.out.decode().splitlines():
            there.write_output(line)
        if output.err:
            there.host_call(HostMethodIdentifier.WriteErrorLine, [output.err.decode()])
        if output.code:
            there.host_call(HostMethodIdentifier.SetShouldExit, [output.code])
        there.complete()

    def command(self, request: Request) -> str:
        line = request.find("rsp:CommandLine")
        number = (line.get("CommandId") or str(uuid.uuid4())).upper()
        self._pipelines[number] = _Pipeline(self._pool, number)
        self._take(_decoded(request.find("rsp:Arguments")), number)
        return f"<rsp:CommandResponse><rsp:CommandId>{number}</rsp:CommandId></rsp:CommandResponse>"

    def send(self, request: Request) -> str:
        stream = request.find("rsp:Stream")
        self._take(_decoded(stream), stream.get("CommandId") or "")
        return "<rsp:SendResponse/>"

    def receive(self, request: Request) -> str:
        number = (request.find("rsp:DesiredStream").get("CommandId") or "").upper()
        while (payload := self._pool.data_to_send()) is not None:
            owner = str(payload.pipeline_id).upper() if payload.pipeline_id else ""
            self._waiting.setdefault(owner, []).append(payload.data)
        data = b"".join(self._waiting.pop(number, []))
        pipeline = self._pipelines.get(number)
        if number and pipeline is None:
            raise Fault(wsman.SHELL_NOT_FOUND, "The pipeline was not found.")
        done = pipeline is not None and pipeline.done
        if not data and not done:
            raise Fault(wsman.NOTHING_YET, "The operation timed out before there was anything to receive.", "w:TimedOut")
        body = (_stream("stdout", number, data, end=False) if data else "") + (_state(number, 0) if done else "")
        return f"<rsp:ReceiveResponse>{body}</rsp:ReceiveResponse>"

    def signal(self, request: Request) -> str:
        self._pipelines.pop((request.find("rsp:Signal").get("CommandId") or "").upper(), None)
        return "<rsp:SignalResponse/>"


def open_shell(machine: Machine, request: Request) -> Shell:
    """:raises Fault: a kind of shell that there is not."""
    resource = request.resource
    if resource == CMD:
        return CmdShell(machine, request)
    if resource.rpartition("/")[0] == POWERSHELL.rpartition("/")[0]:
        return PowerShellShell(machine, request)
    raise Fault(wsman.BAD_ACTION, f"The resource URI {resource} is not supported.")
