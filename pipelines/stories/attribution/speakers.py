"""Who says the quoted passages of a report, where that is sure.

The words around a passage are read in this order: the beginning of its own sentence ("X said:", "X called it
“…”"), the words behind it ("…,” said X", "X told Y"), the passage before it in the same paragraph, and the
sentences before it. A pronoun is its speaker's only where one person can be meant: the one who spoke last in
the paragraph, or the one person whom the paragraph, or else the last one with persons, names. Words that a
body or an unnamed person says have no speaker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipelines.stories.attribution.mentions import mentions
from pipelines.stories.attribution.passages import Passage, passages
from pipelines.stories.attribution.persons import Persons, persons_of
from pipelines.stories.attribution.subjects import (
    PRONOUNS,
    Subject,
    main_subject,
    sentences,
    subject_before,
    subject_behind,
)
from pipelines.stories.attribution.words import speech_words

_GAP = "…"  # stands for an earlier passage of the paragraph
_ARTICLES = frozenset({"the", "a", "an", "this", "that"})
_FIRST_PERSON = re.compile(r"\b(?:I|I’\w+|I'\w+|[Mm]y|[Ww]e|[Oo]ur)\b")
_LOOKED_BACK = 3  # paragraphs in which the one whom a pronoun means is looked for


def speakers(text: str, title: str = "") -> Iterator[tuple[Passage, str]]:
    """Yield each quoted passage with its speaker by the fullest name in the text; empty where not sure."""
    read = list(passages(text))
    if not any(quoted for _, _, quoted in read):
        return
    reader = _Reader(persons_of(text, title))
    before = ""
    for start, line, quoted in read:
        yield from reader.read(start, line, quoted, before)
        before = line


class _Reader:
    """Reads the paragraphs of one text in order, and remembers whom a pronoun may mean."""

    def __init__(self, persons: Persons) -> None:
        self._persons = persons
        self._names = persons.names
        self._before: list[
            tuple[str, str]
        ] = []  # paragraphs without quoted words, and who spoke last in each
        self._last = ""  # the speaker of the last passage

    def read(
        self, start: int, line: str, quoted: Sequence[Passage], before: str
    ) -> Iterator[tuple[Passage, str]]:
        """Yield the passages of a paragraph with their speakers. ``before`` is the paragraph before it."""
        speaker, end = "", start
        for number, passage in enumerate(quoted):
            following = quoted[number + 1].start if number + 1 < len(quoted) else start + len(line)
            lead = _masked(line, start, quoted[:number], passage.start)
            if not lead.strip() and before.rstrip().endswith(":"):
                lead = before
            if passage.continues:
                speaker = self._last
            else:
                gap = line[end - start : passage.start - start]
                tail = line[passage.end - start : following - start]
                speaker = self._speaker(lead, tail, gap, passage, speaker)
            self._last, end = speaker, passage.end
            yield passage, speaker
        self._before.append((_masked(line, start, quoted, start + len(line)), speaker))

    def _speaker(self, lead: str, tail: str, gap: str, passage: Passage, previous: str) -> str:
        """Return the speaker of a passage; ``previous`` is that of the one before in the paragraph."""
        earlier = sentences(lead)
        own = earlier.pop() if earlier and lead.rstrip()[-1:] not in ".!?" else ""
        subject = subject_before(own, self._persons) if own else None
        if subject is None and not own.rstrip().endswith(":"):
            subject = subject_behind(tail, passage.words, self._persons)
        if subject is None and previous and not self._names_others(own or gap, previous):
            return previous
        if subject is None and not own:
            subject = self._subject_of_earlier(earlier, passage.words)
        if subject is None:
            return ""
        return subject.person or self._meant(subject.pronoun, lead, previous)

    def _subject_of_earlier(self, earlier: Sequence[str], words: str) -> Subject | None:
        """Return who speaks in the sentence before, or in one before that if nobody else comes between.

        Words in the first person behind a sentence about one person alone are that person's.
        """
        for sentence in reversed(earlier):
            subject = subject_before(sentence, self._persons, is_whole=True)
            if subject is not None:
                return subject
            if self._names_others(sentence, ""):
                first = main_subject(sentence, self._persons)
                is_alone = bool(first.person) and not self._names_others(" ".join(earlier), first.person)
                is_own = is_alone and sentence is earlier[-1] and _FIRST_PERSON.search(words)
                return first if is_own else None
        return None

    def _names_others(self, text: str, person: str) -> bool:
        """Return whether a text names a person other than this one."""
        return bool({self._persons.resolve(mention) for mention in mentions(text)} - {"", person})

    def _meant(self, pronoun: str, lead: str, previous: str) -> str:
        """Return the one person that a pronoun can mean; empty where several can."""
        if not pronoun:
            return ""
        gender = PRONOUNS[pronoun]
        candidates = (previous,) if previous and self._persons.may_be(previous, gender) else self._named(lead)
        owners = (self._persons.resolve(owner) for owner in mentions(lead, possessive=True))
        if not candidates and any(owners):  # "Sanders's answer to this? “…,” he said"
            return ""
        candidates = candidates or self._recent()
        fitting = [name for name in candidates if self._persons.may_be(name, gender)]
        if len(fitting) != 1 or fitting[0] not in self._names:
            return ""
        self._persons.genders.setdefault(fitting[0], gender)
        return fitting[0]

    def _named(self, text: str) -> tuple[str, ...]:
        """Return the persons that a text names, and names of several words that may be persons."""
        words = speech_words()
        named: dict[str, None] = {}
        for mention in mentions(text):
            earlier = text[: mention.start].casefold().split()
            while earlier and earlier[-1] in words.roles:
                earlier.pop()
            before = earlier[-1] if earlier else ""
            name = self._persons.resolve(mention)
            is_thing = before in words.before_places or before in _ARTICLES
            if not name and ((" " in mention.name and not is_thing) or self._persons.knows(mention)):
                name = mention.name
            if name and before not in words.listening:
                named[name] = None
        return tuple(named)

    def _recent(self) -> tuple[str, ...]:
        """Return the persons of the last paragraph that names any, or in which one speaks."""
        for line, speaker in self._before[: -_LOOKED_BACK - 1 : -1]:
            if named := tuple(dict.fromkeys((*self._named(line), *([speaker] if speaker else [])))):
                return named
        return ()


def _masked(line: str, start: int, quoted: Sequence[Passage], end: int) -> str:
    """Return a paragraph up to ``end`` without its quoted words, which are other people's."""
    parts, position = [], start
    for passage in quoted:
        ending = "." if passage.words.rstrip()[-1:] in ".!?" else ""
        parts += [line[position - start : passage.start - start], _GAP + ending]
        position = passage.end
    return "".join([*parts, line[position - start : end - start]])
