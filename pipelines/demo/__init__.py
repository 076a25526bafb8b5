"""The demo: small invented news sites, served over HTTP on 127.0.0.1."""
