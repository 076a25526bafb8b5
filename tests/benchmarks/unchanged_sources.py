"""What a whole `cuttings run` costs when nothing is new: its CPU over that of a plain loop of requests.get.

python tests/benchmarks/unchanged_sources.py       (200 https sources with one feed each, all of which answer
304)

Where Python may not write bytecode (PYTHONDONTWRITEBYTECODE, as in some containers), a run from a checkout
compiles all our modules anew, and the loop none of its own. So the run is also measured with its bytecode, as
pip installs it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import certifi
from local_web import LocalWeb, local_web

SOURCES = 200
ROUNDS = 5  # in turns, and the best of each counts: others use the machine too
TARGET = 0.30
FEED = b'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title><link>/</link></channel></rss>'
LOOP = "import sys, requests\nfor url in sys.argv[1:]:\n    assert requests.get(url).status_code == 200"


def main() -> None:
    with local_web(hosts=SOURCES, body=FEED, tls=True) as web, tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "cuttings.toml")
        config.write_text(_config(web))
        # The usual authorities and ours, for both: requests loads them all for each connection.
        authorities = Path(folder, "authorities.pem")
        authorities.write_text(Path(certifi.where()).read_text() + Path(str(web.ca_file)).read_text())
        environment = {
            **os.environ,
            "SSL_CERT_FILE": str(authorities),
            "REQUESTS_CA_BUNDLE": str(authorities),
        }
        run = [sys.executable, "-m", "pipelines", "run", "--config", str(config)]
        _cpu(run, environment)  # the first run takes the feeds and robots.txt
        before = len(web.log())
        compiled = {**environment, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{folder}/bytecode"}
        _cpu([*run, "--help"], compiled)  # writes it
        rounds = [(_cpu(run, environment), _cpu(run, compiled)) for _ in range(ROUNDS)]
        ours, installed = (min(times) for times in zip(*rounds, strict=True))
        assert len(web.log()) - before == 2 * ROUNDS * SOURCES, "one conditional request a source and run"
        addresses = [f"https://127.0.0.1:{port}/feed" for port in web.ports]
        loop = min(_cpu([sys.executable, "-c", LOOP, *addresses], environment) for _ in range(3))
    print(f"  run {ours:.2f} s CPU, {installed:.2f} s with bytecode; loop of requests.get {loop:.2f} s CPU")
    for how, seconds in (("from this checkout", ours), ("as installed", installed)):
        what = f"whole run over {SOURCES} unchanged sources, {how}: CPU / loop of requests.get"
        print(f"{what:<92} {seconds / loop:.3f}  target <= {TARGET}")


def _config(web: LocalWeb) -> str:
    allowed = ", ".join(f'"127.0.0.1:{port}"' for port in web.ports)
    sources = "".join(
        f'\n[[source]]\nid = "s{port}"\nfeeds = ["https://127.0.0.1:{port}/feed"]\nmax_poll = 0  # due in every run\n'
        for port in web.ports
    )
    return f"[fetch]\nworkers = 32\nallow_private = [{allowed}]\n{sources}"


def _cpu(command: list[str], environment: dict[str, str]) -> float:
    """Seconds of CPU of a command, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
