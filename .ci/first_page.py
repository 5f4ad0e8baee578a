"""Start the dashboard as in the README, and wait until it serves its first page."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]

with tempfile.TemporaryDirectory() as root:
    environment = {**os.environ, "TOOLKIT_ROOT": root, "TOOLKIT_IDLE_SECONDS": "1"}
    command = ["streamlit", "run", "dashboard/app.py", "--server.port", str(port), "--server.headless", "true"]
    server = subprocess.Popen(command, env=environment)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
                    print("The dashboard answers:", answer.read().decode())
                    break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    sys.exit("The dashboard did not start.")
                time.sleep(0.2)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
            if b"<title>Streamlit" not in page.read():
                sys.exit("The dashboard's page is not there.")
    finally:
        server.terminate()
        server.wait()
