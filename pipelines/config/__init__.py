"""cuttings.toml, the source lists, and the bundled sectors."""
