"""Whether a desk's articles were filed with the sentence encoder that it uses now."""

from __future__ import annotations

from pipelines.config.encoders import MISSING, NONE, name_of
from pipelines.storage.store import Store

CHANGED = (
    "articles were filed with another sentence encoder, and new ones are compared with them by words alone: "
    "run `cuttings recluster`"
)


def encoder_notice(store: Store) -> str:
    """Return what a person should know before more is filed; empty if nothing.

    A missing encoder, or a change of encoder, is told until the first article is filed with what is in use
    now: a scheduled run does not repeat it, and ``cuttings doctor`` says what is left to do.
    """
    name, filed_with = name_of(store.encoder), store.fingerprints.encoders()
    if name in filed_with:
        return ""
    if not name and store.encoder != NONE:
        return MISSING
    return CHANGED if filed_with else ""
