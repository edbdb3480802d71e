"""Reads a crate registry's index and uploads a packaged crate's own bytes; needs nothing but Python and git.

`cargo publish` packages again, and what it sends need not be the bytes that were built, scanned and allowed. This sends
the file as it is, by the registry's web API, with the metadata that its own normalised Cargo.toml gives.

    crate_registry.py look NAME VERSION [INDEX]          {"cksum": …, "yanked": …, "api": …}
    crate_registry.py upload FILE [INDEX]                token in CARGO_REGISTRY_TOKEN

Without INDEX, cargo is asked for the registry that it is configured for. Exit codes: 0 done, 1 refused or wrong,
3 the registry is not well (it may have taken the upload all the same).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request

try:
    import tomllib
except ImportError:  # Python before 3.11
    from pip._vendor import tomli as tomllib

LONGEST_WAIT = 120
TRIES = 4


class Refused(Exception):
    """What a person has to put right."""


class Unwell(Exception):
    """What time may put right."""


def request(url, method="GET", body=None, headers=None):
    """Status and text of an answer; 429 is waited for as the registry says."""
    for attempt in range(1, TRIES + 1):
        asked = urllib.request.Request(url, data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(asked, timeout=120) as answer:
                return answer.status, answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            said = error.read().decode("utf-8", "replace")
            if error.code != 429 or attempt == TRIES:
                return error.code, said
            after = error.headers.get("Retry-After", "")
            time.sleep(min(int(after) if after.isdigit() else 2**attempt, LONGEST_WAIT))
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise Unwell(f"{method} {shown(url)}: {reason}") from error
    raise AssertionError("the last try answers")


def shown(url):
    return re.sub(r"//[^/@]*@", "//", url.split("?")[0])


def index_path(name):
    lower = name.lower()
    if len(lower) <= 2:
        return f"{len(lower)}/{lower}"
    if len(lower) == 3:
        return f"3/{lower[0]}/{lower}"
    return f"{lower[:2]}/{lower[2:4]}/{lower}"


def entry_of(text, version):
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # cut off: it shows with the next look
        if entry.get("vers") == version:
            return entry
    return None


def look(name, version, index, scratch):
    """The entry of a version, or None, and the registry's configuration."""
    if not index:
        return look_by_cargo(name, version, scratch)
    base = re.sub(r"^sparse\+", "", index).rstrip("/")
    token = os.environ.get("CARGO_REGISTRY_TOKEN", "")
    headers = {"Cache-Control": "no-cache"}
    status, text = request(f"{base}/config.json", headers=headers)
    if status == 401 and token:
        headers["Authorization"] = token
        status, text = request(f"{base}/config.json", headers=headers)
    if status == 200:
        config = json.loads(text)
        status, text = request(f"{base}/{index_path(name)}", headers=headers)
        if status in (404, 410, 451):
            return None, config
        if status != 200:
            raise Unwell(f"the index answered {status}")
        return entry_of(text, version), config
    return look_in_git(name, version, base, scratch)


def look_in_git(name, version, base, scratch):
    place = os.path.join(scratch, "index.git")
    cloned = subprocess.run(
        ["git", "clone", "--quiet", "--bare", "--", base, place],
        capture_output=True,
        text=True,
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
        check=False,
    )
    if cloned.returncode != 0:
        raise Unwell(f"{shown(base)} cannot be read as a crate index: {cloned.stderr.strip()}")

    def read(path):
        got = subprocess.run(
            ["git", "-C", place, "show", f"HEAD:{path}"], capture_output=True, text=True, check=False
        )
        return got.stdout if got.returncode == 0 else None

    config = read("config.json")
    if config is None:
        raise Refused(f"{shown(base)} is no crate index: it has no config.json")
    return entry_of(read(index_path(name)) or "", version), json.loads(config)


def look_by_cargo(name, version, scratch):
    """Cargo's own registry: a lock file for exactly this version names the checksum."""
    home = os.path.join(scratch, "home")
    os.makedirs(os.path.join(scratch, "src"), exist_ok=True)
    os.makedirs(home, exist_ok=True)
    own = os.environ.get("CARGO_HOME") or os.path.expanduser("~/.cargo")
    for file in ("config.toml", "config"):
        if os.path.exists(os.path.join(own, file)):
            shutil.copy(os.path.join(own, file), os.path.join(home, file))
    with open(os.path.join(scratch, "src", "lib.rs"), "w", encoding="utf-8"):
        pass
    with open(os.path.join(scratch, "Cargo.toml"), "w", encoding="utf-8") as manifest:
        manifest.write('[package]\nname = "look-up"\nversion = "0.0.0"\nedition = "2021"\n')
        manifest.write(f'\n[dependencies]\n{name} = "={version}"\n')
    made = subprocess.run(
        ["cargo", "generate-lockfile"],
        cwd=scratch,
        capture_output=True,
        text=True,
        env={**os.environ, "CARGO_HOME": home, "CARGO_TERM_COLOR": "never"},
        check=False,
    )
    config = {}
    for folder, _, files in os.walk(os.path.join(home, "registry", "index")):
        if "config.json" in files:
            with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
                config = json.load(file)
    if made.returncode != 0:
        if config and re.search(r"no matching package|failed to select a version for the requirement", made.stderr):
            return None, config
        raise Unwell(f"cargo cannot look: {made.stderr.strip()}")
    with open(os.path.join(scratch, "Cargo.lock"), "rb") as file:
        for package in tomllib.load(file).get("package", []):
            if package["name"] == name and package["version"] == version:
                return {"cksum": package.get("checksum"), "yanked": False}, config
    return None, config


def dependencies(manifest, lock, own_index):
    for target, table in [(None, manifest), *manifest.get("target", {}).items()]:
        for kind, key in (("normal", "dependencies"), ("dev", "dev-dependencies"), ("build", "build-dependencies")):
            for name, wanted in table.get(key, {}).items():
                wanted = {"version": wanted} if isinstance(wanted, str) else wanted
                real = wanted.get("package", name)
                version = wanted.get("version", "*")
                yield {
                    "name": real,
                    "version_req": f"^{version}" if version[:1].isdigit() and "*" not in version else version,
                    "features": wanted.get("features", []),
                    "optional": wanted.get("optional", False),
                    "default_features": wanted.get("default-features", True),
                    "target": target,
                    "kind": kind,
                    "registry": registry_of(real, wanted.get("registry-index"), lock, own_index),
                    "explicit_name_in_toml": name if real != name else None,
                }


def registry_of(name, index, lock, own_index):
    """Null for the registry that is published to; else the index that the dependency comes from."""
    if index is not None:
        return None if own_index and same_index(index, own_index) else index
    if not own_index:
        return None
    # Cargo's own registry is not named in a manifest, but in the lock file that is packaged with it.
    for package in lock.get("package", []):
        if package["name"] == name and "source" in package:
            return re.sub(r"^registry\+", "", package["source"])
    raise Refused(f"the crate needs {name} from cargo's own registry, but holds no Cargo.lock that names it")


def same_index(one, other):
    return re.sub(r"^sparse\+", "", one).rstrip("/") == re.sub(r"^sparse\+", "", other).rstrip("/")


def metadata_of(crate, index):
    with tarfile.open(crate, "r:gz") as archive:
        names = archive.getnames()
        root = names[0].split("/")[0]

        def read(path):
            name = f"{root}/{path}"
            return archive.extractfile(name).read() if name in names else None

        manifest = tomllib.loads(read("Cargo.toml").decode())
        lock = tomllib.loads((read("Cargo.lock") or b"").decode())
        package = manifest["package"]
        readme = package.get("readme")
        text = read(readme) if isinstance(readme, str) else None
    return {
        "name": package["name"],
        "vers": package["version"],
        "deps": list(dependencies(manifest, lock, index)),
        "features": manifest.get("features", {}),
        "authors": package.get("authors", []),
        "description": package.get("description"),
        "documentation": package.get("documentation"),
        "homepage": package.get("homepage"),
        "readme": text.decode("utf-8", "replace") if text is not None else None,
        "readme_file": readme if isinstance(readme, str) else None,
        "keywords": package.get("keywords", []),
        "categories": package.get("categories", []),
        "license": package.get("license"),
        "license_file": package.get("license-file"),
        "repository": package.get("repository"),
        "badges": manifest.get("badges", {}),
        "links": package.get("links"),
        "rust_version": package.get("rust-version"),
    }


def upload(crate, index, scratch):
    metadata = metadata_of(crate, index)
    _, config = look(metadata["name"], metadata["vers"], index, scratch)
    api = config.get("api")
    if not api:
        raise Refused("the index names no API, so that nothing can be published there")
    described = json.dumps(metadata).encode()
    with open(crate, "rb") as file:
        content = file.read()
    body = struct.pack("<I", len(described)) + described + struct.pack("<I", len(content)) + content
    headers = {
        "Authorization": os.environ.get("CARGO_REGISTRY_TOKEN", ""),
        "Content-Type": "application/octet-stream",
        "Accept": "application/json",
        "User-Agent": "codemonkeys",
    }
    status, text = request(f"{api.rstrip('/')}/api/v1/crates/new", "PUT", body, headers)
    try:
        answer = json.loads(text) if text.strip() else {}
    except ValueError:
        answer = {}
    errors = [error.get("detail", "") for error in answer.get("errors", [])] if isinstance(answer, dict) else []
    said = "; ".join(errors) or text.strip()[:500] or "no reason"
    if status >= 500 or status == 429:
        raise Unwell(f"the registry answered {status}: {said}")
    if status >= 300 or errors:
        raise Refused(f"the registry refused the upload ({status}): {said}")
    for kind, names in (answer.get("warnings") or {}).items() if isinstance(answer, dict) else ():
        if names:
            print(f"{kind}: {names}", file=sys.stderr)


def main(arguments):
    command, *rest = arguments
    with tempfile.TemporaryDirectory(prefix="codemonkeys-crate-") as scratch:
        try:
            if command == "look":
                name, version, index = [*rest, ""][:3]
                entry, config = look(name, version, index, scratch)
                found = {key: entry.get(key) for key in ("cksum", "yanked")} if entry else {"cksum": None}
                print(json.dumps({**found, "api": config.get("api")}))
            elif command == "upload":
                crate, index = [*rest, ""][:2]
                upload(crate, index, scratch)
            else:
                raise Refused(f"there is no command {command}")
        except Refused as reason:
            print(reason, file=sys.stderr)
            return 1
        except Unwell as reason:
            print(reason, file=sys.stderr)
            return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
