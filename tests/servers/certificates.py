"""A certificate authority that nobody knows, and what it signs; made by openssl, which PostgreSQL brings along."""

import os
import subprocess
from pathlib import Path

DAYS = "36500"


def authority(folder: Path, name: str) -> Path:
    """Return the certificate of a new authority; its key is beside it."""
    certificate = folder / f"{name}.crt"
    made = ("-x509", "-subj", f"/CN={name}", "-days", DAYS, "-addext", "basicConstraints=critical,CA:TRUE")
    _openssl("req", *made, "-newkey", "rsa:2048", "-nodes", "-keyout", folder / f"{name}.key", "-out", certificate)
    return certificate


def signed(by: Path, *, host: str, into: Path, owner: Path) -> tuple[Path, Path]:
    """Return the certificate and the key of a host, readable by whom a folder belongs to."""
    key, request, certificate = (into / f"{host}.{kind}" for kind in ("key", "csr", "crt"))
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host}", "-keyout", key, "-out", request)
    signer = ("-CA", by, "-CAkey", by.with_suffix(".key"), "-CAcreateserial")
    _openssl("x509", "-req", "-in", request, *signer, "-days", DAYS, "-out", certificate)
    whom = owner.stat()
    for each in (certificate, key):
        os.chown(each, whom.st_uid, whom.st_gid)
        each.chmod(0o600)
    return certificate, key


def _openssl(*arguments: str | Path) -> None:
    answer = subprocess.run(
        ["openssl", *arguments], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert answer.returncode == 0, answer.stdout
