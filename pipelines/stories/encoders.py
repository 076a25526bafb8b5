"""Whether a desk's articles were filed with the sentence encoder that it uses now."""

from __future__ import annotations

from pipelines.config.encoders import MISSING, NONE, name_of
from pipelines.storage.store import Store

_CHANGED = (
    "articles were filed with another sentence encoder, and new ones are compared with them by words alone: "
    "run `cuttings recluster`"
)


def encoder_notice(store: Store) -> str:
    """Return what a person should know before more is filed; empty if nothing.

    That the encoder is not installed is told while articles that were filed with it, or none at all, are in
    the database: the next filing makes it known, and a scheduled run does not repeat it.
    """
    name = name_of(store.encoder)
    filed_with = store.fingerprints.encoders()
    if not name and store.encoder != NONE and "" not in filed_with:
        return MISSING
    return _CHANGED if filed_with - {name} else ""
