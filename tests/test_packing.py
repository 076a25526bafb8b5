"""What a fingerprint stores in fewer bytes, and that earlier ones can be read."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.matching import Fingerprint, fingerprint, sketches
from pipelines.matching.packing import packed_hashes, restored_forms, shortened_forms, unpacked_hashes
from tests.factories import make_article
from tests.invented import corpus

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(WORDS.filter(bool), WORDS | st.just("-")), max_size=20))
def test_forms_come_back(pairs: list[tuple[str, str]]) -> None:
    terms, forms = [term for term, _ in pairs], tuple(form for _, form in pairs)
    assert restored_forms(terms, shortened_forms(terms, forms)) == forms


def test_a_form_is_stored_by_what_differs_from_its_term() -> None:
    terms, forms = ("reconsid", "school", "ofst", "3"), ("Reconsidered", "schools", "-", "")
    stored = shortened_forms(terms, forms)
    assert [len(each) for each in stored] == [5, 2, 1, 0]
    assert restored_forms(terms, stored) == forms


@given(st.lists(st.integers(0, 2**64 - 1), max_size=20))
def test_hashes_keep_their_lowest_bits(numbers: list[int]) -> None:
    kept = unpacked_hashes(packed_hashes(np.array(numbers, dtype=np.uint64))).tolist()
    assert kept == [number % 2**48 for number in numbers]


def test_a_fingerprint_of_the_versions_before_can_be_read() -> None:
    bare = fingerprint(make_article(text="Inspectors rated the council’s services inadequate. " * 9))
    made = replace(bare, encoder="words", title_vector=b"", lead_vector=bytes(range(1, 97)) * 4)
    names = ("surfaces" if name == "shortened" else name for name in Fingerprint.__dataclass_fields__)
    fields = tuple(getattr(made, name) for name in names)  # forms in full
    stored = msgspec.msgpack.encode(("6", made.hashes.tobytes(), made.glimpse.glance.tobytes(), fields))
    before = Fingerprint.from_bytes(stored)
    assert before == made == Fingerprint.from_bytes(made.to_bytes())
    as_they_are = tuple(getattr(made, name) for name in Fingerprint.__dataclass_fields__)
    packed = msgspec.msgpack.encode(("7", b"", made.glimpse.glance.tobytes(), as_they_are))
    read = Fingerprint.from_bytes(packed)
    assert read == made
    assert read.glimpse.single == made.glimpse.single != bare.glimpse.single
    assert read.glimpse.sought.tolist() == made.glimpse.sought.tolist()
    assert before.glimpse.sought.tolist() == made.glimpse.sought.tolist()


def test_the_sketches_of_many_are_those_of_each() -> None:
    made = [fingerprint(article) for article in corpus(2, seed=3)] + [
        fingerprint(make_article(title="", text=""))
    ]
    found = sketches({number: each.to_bytes() for number, each in enumerate(made)})
    assert [*found] == [*range(len(made))]
    for each, sketch in zip(made, found.values(), strict=True):
        assert sketch.sought.tolist() == each.glimpse.sought.tolist()
        assert sketch.single == each.glimpse.single
    assert sketches({}) == {}
