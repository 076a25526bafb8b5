"""The command line as a person meets it, without a process of its own."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass

import pytest

from pipelines.commands import main


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Calls ``cuttings``."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *arguments: object, stdin: bytes = b"") -> Said:
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        said = self.capsys.readouterr()
        return Said(status=int(end.value.code or 0), out=said.out, err=said.err)
