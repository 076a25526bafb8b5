"""What two fingerprints have in common, written as the texts write it. For reasons only: no score uses it."""

from pipelines.matching.evidence.figures import has_figures, shared_figures, shares_days_only
from pipelines.matching.evidence.names import (
    gives_a_name,
    names_in_headlines,
    shared_names,
    shares_part_of_a_name,
    with_whole_names,
)
from pipelines.matching.evidence.quotations import SharedQuotations, fullest_name, shared_quotations
from pipelines.matching.evidence.spelling import TITLES, TITLES_OF_NAMES, bare, name_parts, same_word
from pipelines.matching.evidence.words import (
    Word,
    fewer_headline_words,
    forms_of,
    shared_headline_words,
    shared_term_count,
    shared_words,
)

__all__ = [
    "TITLES",
    "TITLES_OF_NAMES",
    "SharedQuotations",
    "Word",
    "bare",
    "fewer_headline_words",
    "forms_of",
    "fullest_name",
    "gives_a_name",
    "has_figures",
    "name_parts",
    "names_in_headlines",
    "same_word",
    "shared_figures",
    "shared_headline_words",
    "shared_names",
    "shared_quotations",
    "shared_term_count",
    "shared_words",
    "shares_days_only",
    "shares_part_of_a_name",
    "with_whole_names",
]
