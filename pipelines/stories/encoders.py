"""Whether a desk's articles were filed with the sentence encoder that it uses now."""

from __future__ import annotations

from pipelines.config.encoders import AUTO, MINILM, MISSING, NONE, name_of
from pipelines.matching.encoder import check_weights
from pipelines.storage.store import Store

CHANGED = (
    "articles were filed with another sentence encoder, and new ones are compared with them by words alone: "
    "run `cuttings recluster`"
)


def encoder_notice(store: Store, *, refiling: bool = False) -> str:
    """Return what a person should know before more is filed; empty if nothing.

    A missing encoder, or a change of encoder, is told until the first article is filed with what is in use
    now: a scheduled run does not repeat it, and ``cuttings doctor`` says what is left to do. ``refiling``:
    all articles are about to be filed again. Raises ``ConfigError`` if ``[match] encoder`` is the path of a
    file that is not the encoder.
    """
    check_named_file(store.encoder)
    name, filed_with = name_of(store.encoder), store.fingerprints.encoders()
    if name in filed_with and not refiling:
        return ""
    if not name and store.encoder != NONE:
        return MISSING
    return CHANGED if filed_with and not refiling else ""


def check_named_file(setting: str) -> None:
    """Raise ``ConfigError`` if ``[match] encoder`` is the path of a file that is not the encoder.

    The weights that are installed are not read here: a run without news would take 50 ms longer.
    """
    if setting not in {AUTO, MINILM}:
        check_weights(setting)
