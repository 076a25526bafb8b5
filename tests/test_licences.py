"""The licences of a bill of materials: what is followed, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("license_expression", reason="comes with the extra `dev`")
from tools.licences import Package, main, packages, refused

pytestmark = pytest.mark.slow  # where the extra `dev` is


def sbom(**licences: object) -> dict[str, object]:
    """A bill of materials whose root needs `a`, which needs the rest; `pip` is there and nobody needs it."""
    components = [
        {"bom-ref": name, "name": name, "licenses": entries}
        for name, entries in {**licences, "pip": [{"license": {"id": "GPL-3.0-only"}}]}.items()
    ]
    return {
        "metadata": {"component": {"bom-ref": "root"}},
        "components": components,
        "dependencies": [
            {"ref": "root", "dependsOn": ["a"]},
            {"ref": "a", "dependsOn": [name for name in licences if name != "a"]},
        ],
    }


@pytest.mark.parametrize(
    ("entries", "licence", "is_refused"),
    [
        ([{"license": {"id": "MIT"}}], "MIT", False),
        ([{"expression": "MPL-1.1 OR GPL-2.0-only"}], "MPL-1.1 OR GPL-2.0-only", False),
        ([{"expression": "MIT AND GPL-2.0-only"}], "MIT AND GPL-2.0-only", True),
        ([{"expression": "(Apache-2.0 OR MIT) AND 0BSD"}], "(Apache-2.0 OR MIT) AND 0BSD", False),
        ([{"expression": "(MIT OR ISC) AND GPL-2.0-only"}], "(MIT OR ISC) AND GPL-2.0-only", True),
        ([{"license": {"name": "License :: OSI Approved :: BSD License"}}], "BSD-3-Clause", False),
        (
            [{"license": {"name": "License :: OSI Approved :: BSD License"}}, {"license": {"id": "MIT"}}],
            "MIT",
            False,
        ),
        ([{"license": {"name": "See the file"}}], "", True),
        ([], "", True),
    ],
)
def test_a_licence(entries: list[object], licence: str, is_refused: bool) -> None:
    found = packages(sbom(a=[{"license": {"id": "MIT"}}], b=entries))
    assert found == (Package("a", "MIT"), Package("b", licence))
    assert refused(found) == ((Package("b", licence),) if is_refused else ())


def test_a_refused_licence_is_named_and_ends_a_release(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, page = tmp_path / "sbom.json", tmp_path / "licences.md"
    file.write_text(
        json.dumps(sbom(a=[{"license": {"id": "MIT"}}], b=[{"license": {"id": "AGPL-3.0-only"}}]))
    )
    assert main([str(file), "--write", str(page)]) == 1
    assert "b: AGPL-3.0-only" in capsys.readouterr().err
    assert "| a | MIT |" in page.read_text()
    file.write_text(json.dumps(sbom(a=[{"license": {"id": "MIT"}}])))
    assert main([str(file)]) == 0
