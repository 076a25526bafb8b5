"""The demo: small sector news sites of our own writing, served over real HTTP on 127.0.0.1."""
