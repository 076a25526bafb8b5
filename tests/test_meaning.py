"""The sentence encoder in the matcher: what is stored, what is compared, and what happens without it."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pipelines import group
from pipelines.config.encoders import (
    AUTO,
    ENCODER_VARIABLE,
    MINILM,
    MISSING,
    NAME,
    NONE,
    PACKAGE,
    is_installed,
)
from pipelines.errors import ConfigError
from pipelines.matching import Fingerprint, fingerprint, links, score, scores
from pipelines.matching.comparisons import ALL_FEATURES, FEATURES, features, rows
from pipelines.matching.encoder import (
    LEAD_WORDS,
    SIZE,
    UPPER_LAYERS_FILE,
    Difference,
    OnnxEncoder,
    Vectors,
    lead_of,
    load_encoder,
    with_our_layers,
)
from pipelines.matching.sweep import NOTHING_TO_COMPARE
from pipelines.operations import doctor
from pipelines.operations.doctor import CheckState
from pipelines.storage.store import Store
from pipelines.stories import encoders, in_memory, linking
from pipelines.stories.encoders import CHANGED, encoder_notice
from pipelines.stories.filing import file_articles, recluster
from scraper.models import Article
from tests.cli import CommandLine

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MEANING = ALL_FEATURES.index("meaning")
needs_encoder = pytest.mark.skipif(
    not is_installed(MINILM), reason="the packages of the encoder are not installed"
)


@dataclass(frozen=True)
class WordEncoder:
    """Stands in for the encoder: the vector of a text is the sum of a direction for each word."""

    name: str = "words"

    def vectors(self, title: str, text: str) -> Vectors:
        return Vectors(self._vector(title or text), self._vector(lead_of(title, text)))

    def _vector(self, words: str) -> bytes:
        total = np.zeros(SIZE)
        for word in words.lower().split():
            total += np.random.default_rng(zlib.crc32(word.encode())).normal(size=SIZE)
        return np.round(total * 127 / max(1e-9, np.abs(total).max())).astype(np.int8).tobytes()


def article(title: str, text: str = "", *, day: int = 2, source: str = "gazette") -> Article:
    published = datetime(2026, 3, day, 9, tzinfo=UTC)
    return Article(title=title, text=text, published_at=published, source_id=source, language="en")


FIRE = article(
    "Fire closes Tarnbeck library",
    "A fire shut the library in Tarnbeck on Monday. Nobody was hurt in the blaze.",
)
BLAZE = article(
    "Blaze shuts reading rooms",
    "The library in Tarnbeck is shut after a fire. Nobody was hurt.",
    source="echo",
)
BUDGET = article("Councillors pass budget", "Tarnbeck councillors passed a budget with a cut to the library.")


def test_the_lead_is_the_headline_and_the_first_words() -> None:
    many = " ".join(f"word{number}" for number in range(200))
    assert lead_of("Fire at library.", many).split() == ["Fire", "at", "library.", *many.split()[:LEAD_WORDS]]
    assert (lead_of("Fire", ""), lead_of("", "It burnt."), lead_of(" ", "")) == ("Fire", "It burnt.", "")


def test_a_fingerprint_keeps_its_vectors() -> None:
    made = fingerprint(FIRE, WordEncoder())
    assert (made.encoder, len(made.title_vector), len(made.lead_vector)) == ("words", SIZE, SIZE)
    assert Fingerprint.from_bytes(made.to_bytes()) == made


def test_a_fingerprint_of_version_5_is_read_without_vectors() -> None:
    made = fingerprint(FIRE)
    names = ("surfaces" if name == "shortened" else name for name in Fingerprint.__dataclass_fields__)
    fields = tuple(getattr(made, name) for name in names)  # forms in full
    sought, glance, _ = (array.tobytes() for array in made.glimpse)
    old = msgspec.msgpack.encode(("5", sought, glance, fields[:-3]))
    assert Fingerprint.from_bytes(old) == made
    with pytest.raises(ValueError, match="version 4"):
        Fingerprint.from_bytes(msgspec.msgpack.encode(("4", sought, glance, fields[:-3])))


def differences() -> list[Difference]:
    """Return what is added to the matrices of the encoder."""
    stored = (files("pipelines.matching") / UPPER_LAYERS_FILE).read_bytes()
    return msgspec.msgpack.decode(stored, type=list[Difference])


def test_the_name_of_the_encoder_tells_its_layers() -> None:
    """A desk compares vectors of one name: other layers without another name would be compared with these."""
    stored = (files("pipelines.matching") / UPPER_LAYERS_FILE).read_bytes()
    assert hashlib.sha256(stored).hexdigest().startswith(NAME.rpartition("-")[2])


def test_a_difference_is_a_product_of_whole_numbers() -> None:
    left = np.array([[3, -2], [0, 127], [-127, 1]], dtype=np.int8)
    right = np.array([[5, -8, 127, 0], [1, 9, -127, 2]], dtype=np.int8)
    product = left.astype(int) @ right.astype(int)
    for shift in (0, 3):
        found = Difference(0, left.tobytes(), right.tobytes(), 2, shift).matrix()
        assert found.tolist() == np.floor(product / 2**shift + 0.5).astype(int).tolist()


@needs_encoder
def test_our_layers_take_the_place_of_those_in_the_file() -> None:
    content = Path(str(files(PACKAGE) / "model.onnx")).read_bytes()
    before, after = (np.frombuffer(each, np.int8).astype(int) for each in (content, with_our_layers(content)))
    changed, end = 0, 0
    for difference in differences():
        added = difference.matrix().ravel()
        assert end <= difference.place, "in order, once"
        start, end = difference.place, difference.place + added.size
        assert (after[start:end] == np.clip(before[start:end] + added, -127, 127)).all()
        changed += int((after[start:end] != before[start:end]).sum())
    assert len(differences()) == 12
    assert 0 < changed == int((after != before).sum()), "nothing else is changed"


def test_meaning_is_compared_where_both_have_vectors_of_one_encoder() -> None:
    known, other = fingerprint(FIRE, WordEncoder()), fingerprint(BLAZE, WordEncoder())
    foreign, bare = fingerprint(BLAZE, WordEncoder("others")), fingerprint(BLAZE)
    values = rows(known, [other, foreign, bare])
    assert 0.2 < values[0, MEANING] < 1
    assert (values[1:, len(FEATURES) :] == NOTHING_TO_COMPARE).all()
    assert (values[:, : len(FEATURES)] == values[0, : len(FEATURES)]).all()
    assert features(known, known)[MEANING] == 1.0


def test_a_pair_is_scored_the_same_alone_among_others_and_the_other_way_round() -> None:
    prints = [fingerprint(each, WordEncoder()) for each in (FIRE, BLAZE, BUDGET)]
    mixed = [*prints, *(fingerprint(each) for each in (FIRE, BLAZE, BUDGET))]
    for one in mixed:
        together = scores(one, mixed)
        assert together == [score(one, other) for other in mixed]
        assert together == [score(other, one) for other in mixed]
        assert all(odds == together[place] for place, odds in links(one, mixed))


def test_an_article_without_words_has_no_vectors_and_is_compared() -> None:
    empty = fingerprint(Article(title="", text=""), load_encoder(NONE))
    assert (empty.encoder, empty.lead_vector) == ("", b"")
    assert OnnxEncoder(Path("not read")).vectors(" ", "") == Vectors()


@pytest.mark.parametrize("setting", [AUTO, MINILM])
def test_the_encoder_is_named_when_articles_were_filed_with_another(
    setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path / "a.db", encoder=setting) as store:
        monkeypatch.setattr(encoders, "name_of", lambda setting: "")
        assert encoder_notice(store) == MISSING
        store.encoder = NONE
        with store.transaction():
            store.articles.save_all([FIRE], at=NOON)
            file_articles(store, now=NOON)
        store.encoder = setting
        assert encoder_notice(store) == "", "a scheduled run does not repeat it"
        monkeypatch.setattr(encoders, "name_of", lambda setting: NAME)
        assert "run `cuttings recluster`" in encoder_notice(store)
        store.encoder = NONE
        monkeypatch.undo()
        assert encoder_notice(store) == ""


def test_a_missing_encoder_is_said_by_doctor_and_once_by_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(ENCODER_VARIABLE, AUTO)
    monkeypatch.setattr(in_memory, "load_encoder", lambda setting: None)
    monkeypatch.setattr(doctor, "name_of", lambda setting: "")
    in_memory._say_once.cache_clear()
    assert [len(group([FIRE, BLAZE])), len(group([FIRE]))] == [1, 1]
    assert [record.getMessage() for record in caplog.records] == [MISSING]
    with Store(tmp_path / "a.db", encoder=NONE) as store, store.transaction():
        store.articles.save_all([FIRE], at=NOON)
        file_articles(store, now=NOON)
        assert doctor.check_encoder(store).state == CheckState.OK
        store.encoder = AUTO
        monkeypatch.setattr(encoders, "name_of", lambda setting: "")
        missing = doctor.check_encoder(store)
    assert (missing.state, f"{missing.message}: {missing.next_step}") == (CheckState.WARNING, MISSING)


@dataclass(frozen=True)
class CountingEncoder(WordEncoder):
    """Counts how often it is asked."""

    asked: list[str] = field(default_factory=list)

    def vectors(self, title: str, text: str) -> Vectors:
        self.asked.append(title)
        return super().vectors(title, text)


def test_an_unchanged_text_is_not_encoded_again() -> None:
    encoder = CountingEncoder()
    first = fingerprint(FIRE, encoder)
    moved = replace(FIRE, published_at=NOON, source_id="echo")
    again = fingerprint(moved, encoder, first)
    assert again == fingerprint(moved, WordEncoder())
    assert encoder.asked == [FIRE.title]
    revised = replace(FIRE, text=f"{FIRE.text} It will open again in May.")
    assert fingerprint(revised, encoder, first).lead_vector != first.lead_vector
    assert fingerprint(FIRE, encoder, fingerprint(FIRE, WordEncoder("others"))) == first
    assert fingerprint(FIRE, encoder, fingerprint(FIRE)) == first
    assert fingerprint(FIRE, None, first) == fingerprint(FIRE)
    assert len(encoder.asked) == 4


def test_recluster_encodes_no_text_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = CountingEncoder()
    monkeypatch.setattr(linking, "load_encoder", lambda setting: encoder)
    with Store(tmp_path / "a.db", encoder=NONE) as store:
        with store.transaction():
            store.articles.save_all([FIRE, BUDGET], at=NOON)
            file_articles(store, now=NOON)
        before = store.fingerprints.load(store.articles.ids())
        recluster(store, now=NOON)
        assert store.fingerprints.load(store.articles.ids()) == before
        earlier = msgspec.msgpack.decode(before[1])
        earlier = msgspec.msgpack.encode(("7", *earlier[1:]))
        store.fingerprints.save_all([(1, "7", encoder.name, earlier)])
        file_articles(store, now=NOON)
        assert store.fingerprints.load(store.articles.ids()) == before, "a desk of the version before"
    assert len(encoder.asked) == 2


def test_an_earlier_desk_is_told_once_to_file_anew_and_doctor_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(store: Store, article: Article) -> None:
        with store.transaction():
            store.articles.save_all([article], at=NOON)
            file_articles(store, now=NOON)

    with Store(tmp_path / "a.db", encoder=NONE) as store:
        add(store, FIRE)
        store.encoder = MINILM
        monkeypatch.setattr(linking, "load_encoder", lambda setting: WordEncoder(NAME))
        for module in (encoders, doctor):
            monkeypatch.setattr(module, "name_of", lambda setting: NAME)
        assert encoder_notice(store) == CHANGED
        add(store, BLAZE)
        assert encoder_notice(store) == ""
        assert doctor.check_encoder(store).next_step == "run `cuttings recluster`"
        recluster(store, now=NOON)
        assert doctor.check_encoder(store).state == CheckState.OK


@needs_encoder
def test_weights_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    wrong = tmp_path / "model.onnx"
    with pytest.raises(ConfigError, match="cannot read the sentence encoder"):
        OnnxEncoder(wrong).vectors("Fire", "")
    wrong.write_bytes(b"another model")
    with pytest.raises(ConfigError, match="not the encoder that the matcher was fitted with"):
        OnnxEncoder(wrong).vectors("Fire", "")


@needs_encoder
def test_a_wrong_file_is_named_before_anything_is_stored(
    cli: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines, wrong = tmp_path / "a.jsonl", tmp_path / "model.onnx"
    lines.write_text('{"title": "Fire closes Tarnbeck library"}\n', "utf-8")
    assert cli("init", tmp_path, "--empty").status == 0
    monkeypatch.setenv(ENCODER_VARIABLE, str(wrong))
    for content in (None, b"another model"):
        if content is not None:
            wrong.write_bytes(content)
        for command in (("import", lines), ("recluster",), ("backfill", lines, "--out", "shards")):
            said = cli(*command)
            assert (said.status, said.err.count("\n"), str(wrong) in said.err) == (2, 1, True)
        (shown,) = [each for each in json.loads(cli("doctor", "--json").out) if each["check"] == "encoder"]
        assert shown["state"] == CheckState.ERROR
        assert str(wrong) in shown["message"]
        assert "model.onnx" in shown["next_step"]
    assert cli("articles", "--csv").out.count("\n") == 1, "the names of the columns"


def test_recluster_says_that_the_encoder_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path / "a.db", encoder=NONE) as store:
        with store.transaction():
            store.articles.save_all([FIRE], at=NOON)
            file_articles(store, now=NOON)
        assert encoder_notice(store, refiling=True) == ""
        store.encoder = AUTO
        monkeypatch.setattr(encoders, "name_of", lambda setting: "")
        assert (encoder_notice(store), encoder_notice(store, refiling=True)) == ("", MISSING)


@needs_encoder
@pytest.mark.slow
def test_the_encoder_finds_reports_in_other_words_close() -> None:
    encoder = load_encoder(MINILM)
    assert encoder is not None
    fire, blaze, budget = (fingerprint(each, encoder) for each in (FIRE, BLAZE, BUDGET))
    assert fire.encoder == NAME
    assert features(fire, blaze)[MEANING] > 0.6 > features(fire, budget)[MEANING]
    assert fingerprint(FIRE, encoder) == fire, "the same whatever was encoded between"
    odd = replace(FIRE, title="\ud800 fire", text="x" * 100_000)
    assert len(fingerprint(odd, encoder).lead_vector) == SIZE
