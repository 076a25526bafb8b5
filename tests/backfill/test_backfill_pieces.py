"""One large input that several tasks read: each record once, wherever the file is cut."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pipelines.backfill import pieces
from pipelines.backfill.inputs import find_inputs, read_piece
from pipelines.backfill.pieces import pieces_of
from pipelines.ingest.inputs.records import HtmlPage, ReadyArticle
from pipelines.models import Failure
from tests.backfill.archives import Capture, line_of, page_of, result_bytes, run, warc, write_lines
from tests.invented import report

NAMES = ("Brackwell", "Otterham", "Saltby", "Penfold", "Marlow", "Quennington", "Tarrant", "Winslade")


def archive(path: Path) -> Path:
    """Pages of unlike sizes, one of which holds the first bytes of a member of an archive."""
    bait = gzip.compress(b"not a record", mtime=0)[:10].decode("latin-1")
    captures = [
        Capture(f"https://www.courier.example/{name}", page_of(name * (1 + number % 3), menu=bait * number))
        for number, name in enumerate(NAMES)
    ]
    path.write_bytes(warc(captures))
    return path


def lines(path: Path) -> Path:
    """Lines of unlike lengths, some blank, one not JSON; the last without an end."""
    made = [json.dumps({"title": f"Report {n}", "text": "Ärger in Otterham. " * (n % 5)}) for n in range(30)]
    made[7:7] = ["", "not json", "{", ""]
    path.write_text("\ufeff" + "\n".join(made), encoding="utf-8")
    return path


def table(path: Path) -> Path:
    """A table of several row groups."""
    titles = [f"Report {number}" for number in range(40)]
    parquet.write_table(pyarrow.table({"title": titles, "text": titles}), path, row_group_size=3)
    return path


KINDS = {"a.warc.gz": archive, "a.jsonl": lines, "a.parquet": table}


def read(path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], int]:
    """What all pieces hold, without the places, and how many pieces there are."""
    with monkeypatch.context() as patch:
        patch.setattr(pieces, "PIECE_BYTES", size)
        cut = pieces_of(find_inputs([str(path)]))
        found: list[Any] = []
        for record in (record for piece in cut for record in read_piece(piece, None)):
            if isinstance(record, Failure):
                found.append(record.error)
            elif isinstance(record, HtmlPage):
                found.append((record.url, record.page))
            elif isinstance(record, ReadyArticle):
                found.append(record.article)
        return found, len(cut)


@pytest.mark.parametrize("name", KINDS)
def test_each_record_is_read_once_wherever_the_file_is_cut(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = KINDS[name](tmp_path / name)
    whole, one = read(path, 10**9, monkeypatch)
    assert one == 1
    assert len(whole) >= len(NAMES)

    @settings(max_examples=10, deadline=None)
    @given(size=st.integers(path.stat().st_size // 40, path.stat().st_size))
    def holds(size: int) -> None:
        assert read(path, size, monkeypatch)[0] == whole

    holds()
    assert read(path, path.stat().st_size // 20, monkeypatch)[1] >= 20


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", gzip.compress(b'{"title": "A packed file under another name"}\n' * 50, mtime=0)),
        ("a.jsonl", b'{\n "title": "One document",\n "text": "over several lines"\n}\n'),
        (
            "a.warc.gz",
            gzip.compress(
                warc([Capture("https://a.example/1", page_of("Saltby"))], packed=False) * 9, mtime=0
            ),
        ),
        ("a.warc.gz", b"%PDF-1.7" + bytes(500)),
    ],
)
def test_a_file_that_cannot_be_cut_is_read_once(
    name: str, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(content)
    whole, _ = read(tmp_path / name, 10**9, monkeypatch)
    found, count = read(tmp_path / name, len(content) // 4, monkeypatch)
    assert count >= 4
    assert found == whole


def test_an_archive_that_is_damaged_in_one_piece_is_read_in_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytearray(archive(tmp_path / "a.warc.gz").read_bytes())
    third = content.index(b"\x1f\x8b\x08", content.index(b"\x1f\x8b\x08", 20) + 20)
    content[third + 40 : third + 60] = bytes(20)
    (tmp_path / "a.warc.gz").write_bytes(content)
    found, _ = read(tmp_path / "a.warc.gz", third + 200, monkeypatch)
    assert len([each for each in found if isinstance(each, tuple)]) > 3
    assert "BadGzip" in found or "BadRecord" in found


def test_an_archive_whose_members_begin_within_records_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path / "a.warc.gz")
    plain = gzip.decompress(path.read_bytes())
    blocks = (gzip.compress(plain[at : at + 2000], mtime=0) for at in range(0, len(plain), 2000))
    path.write_bytes(b"".join(blocks))  # as bgzip writes them
    found, count = read(path, path.stat().st_size // 3, monkeypatch)
    assert count >= 3
    assert [url.rpartition("/")[2] for url, _ in found] == list(NAMES)


def test_damage_at_the_start_of_a_piece_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(archive(tmp_path / "a.warc.gz").read_bytes())
    second = content.index(b"\x1f\x8b\x08", 20)
    content[second : second + 20] = b"x" * 20
    (tmp_path / "a.warc.gz").write_bytes(content)
    found, _ = read(tmp_path / "a.warc.gz", second, monkeypatch)
    assert found[0][0].endswith(NAMES[0])
    assert found[1] == "BadGzip"
    assert len(found) == len(NAMES)


def test_messages_say_from_where_lines_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = lines(tmp_path / "a.jsonl")
    monkeypatch.setattr(pieces, "PIECE_BYTES", 400)
    piece = next(each for each in pieces_of(find_inputs([str(path)])) if each.start == 400)
    said = [each.message for each in read_piece(piece, None) if isinstance(each, Failure)]
    assert said[0].startswith(f"{path} from byte 400:")
    line = int(said[0].removeprefix(f"{path} from byte 400:").partition(":")[0])
    assert path.read_bytes()[400:].split(b"\n", 1)[1].split(b"\n")[line - 1] == b"not json"


@pytest.mark.slow
def test_the_result_has_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [line_of(report(event, outlet)) for event in range(2) for outlet in range(3)]
    path = write_lines(tmp_path / "a.jsonl", made)
    run(tmp_path / "whole", path)
    monkeypatch.setattr(pieces, "PIECE_BYTES", path.stat().st_size // 3)
    run(tmp_path / "cut", path)
    assert result_bytes(tmp_path / "cut") == result_bytes(tmp_path / "whole")
