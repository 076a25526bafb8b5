"""Check the licences of all that an installation brings: ``python -m tools.licences SBOM [--write PAGE]``.

``SBOM`` is a CycloneDX 1.6 file in JSON, as ``cyclonedx-py environment`` writes it. Packages are followed
from the root component, so that the environment's own pip does not count. ``.ci/release`` calls this.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from license_expression import ExpressionError, Licensing  # the extra `dev`: a part of cyclonedx-bom

SPDX = Licensing()
# SPDX identifiers of licences under which a package may be used by a program under Apache-2.0.
PERMITTED = frozenset(
    """0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause CC0-1.0 CNRI-Python ISC LicenseRef-Public-Domain MIT MIT-0
    MPL-1.1 MPL-2.0 PSF-2.0 Unlicense Zlib""".split()
)
# What older packages write instead of an identifier.
CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: Public Domain": "LicenseRef-Public-Domain",
}
# Packages whose metadata name no licence: read in the LICENSE file of the distribution on 30 November 2026.
READ_BY_A_PERSON = {
    "datasette": "Apache-2.0",
    "protobuf": "BSD-3-Clause",
    "ray": "Apache-2.0",
    "sqlite-fts4": "Apache-2.0",
}
HEAD = """# Licences

What `pip install 'cuttings[archive,excel,notify,parquet,scale,web]'` brings, with the licence
that each package declares. `python -m tools.licences SBOM --write docs/licences.md` wrote this page from
the release's bill of materials, and `.ci/release` refuses a licence that is not among these: """


class Package(NamedTuple):
    """A distribution and what its metadata say of its licence."""

    name: str
    licence: str  # an SPDX expression; "" where none is known


def packages(sbom: Mapping[str, Any]) -> tuple[Package, ...]:
    """Return the packages that the root component needs, directly or not, by name."""
    components = {each["bom-ref"]: each for each in sbom["components"]}
    needs = {each["ref"]: each.get("dependsOn", []) for each in sbom["dependencies"]}
    pending, seen = [sbom["metadata"]["component"]["bom-ref"]], set[str]()
    while pending:
        reference = pending.pop()
        if reference not in seen:
            seen.add(reference)
            pending += needs.get(reference, [])
    found = (components[reference] for reference in seen if reference in components)
    return tuple(sorted((_package(each) for each in found), key=lambda package: package.name.casefold()))


def refused(found: Iterable[Package]) -> tuple[Package, ...]:
    """Return the packages whose licence is unknown or not permitted."""
    return tuple(package for package in found if not _is_permitted(package.licence))


def page(found: Iterable[Package]) -> str:
    """Return ``docs/licences.md``."""
    rows = "\n".join(f"| {package.name} | {package.licence} |" for package in found)
    return f"{HEAD}{', '.join(sorted(PERMITTED))}.\n\n| package | licence |\n| --- | --- |\n{rows}\n"


def _package(component: Mapping[str, Any]) -> Package:
    name = component["name"]
    declared = [*_declared(component)]
    return Package(name=name, licence=declared[0] if declared else READ_BY_A_PERSON.get(name, ""))


def _declared(component: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a component declares: identifiers and expressions first, then what older packages write."""
    entries = component.get("licenses", ())
    for entry in entries:
        known = entry.get("expression") or entry.get("license", {}).get("id")
        if known:
            yield known
    for entry in entries:
        words = entry.get("license", {}).get("name", "")
        if words in CLASSIFIERS:
            yield CLASSIFIERS[words]


def _is_permitted(expression: str) -> bool:
    """Return whether a person can meet an SPDX expression (SPDX 3.0, annex B) by permitted licences."""
    try:
        parsed = SPDX.parse(expression)
    except ExpressionError:
        return False
    return parsed is not None and _holds(parsed)


def _holds(node: Any) -> bool:
    if isinstance(node, SPDX.AND):
        return all(_holds(each) for each in node.args)
    if isinstance(node, SPDX.OR):
        return any(_holds(each) for each in node.args)
    return str(node) in PERMITTED


def main(arguments: list[str]) -> int:
    """Return 0, or 1 for a refused licence, of the bill that is named first; write ``--write``'s page."""
    found = packages(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    for package in refused(found):
        words = package.licence or "declares no licence"
        print(f"{package.name}: {words}; read its licence, then add it to tools/licences.py", file=sys.stderr)
    if arguments[1:2] == ["--write"]:
        Path(arguments[2]).write_text(page(found), encoding="utf-8")
    print(f"{len(found)} packages, {len(refused(found))} refused")
    return 1 if refused(found) or not found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
