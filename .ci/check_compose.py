"""Holds docker-compose.yml, the Dockerfile and docs/deploy/nginx.conf to the same names, ports and addresses.

There is no container engine where this runs, so the files are read, not started. The same layout with plain processes is
run by `tests/clients/run --two-nodes`.
"""

import ipaddress
import pathlib
import re
import sys
from urllib.parse import urlsplit

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
faults = []


def check(holds, words):
    if not holds:
        faults.append(words)


def plain(value):
    """`${NAME:-default}` as its default, `${NAME:?words}` as `<NAME>`."""
    value = re.sub(r"\$\{(\w+):\?[^}]*\}", r"<\1>", str(value))
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
dockerfile = (ROOT / "Dockerfile").read_text()
nginx = re.sub(r"#.*", "", (ROOT / "docs/deploy/nginx.conf").read_text())
services = compose["services"]
nodes = {name: s for name, s in services.items() if s.get("image") == "vouchsafe"}
database, proxy = services["database"], services["proxy"]

# Two nodes, alike in everything but their name and the order of starting.
check(len(nodes) == 2, f"two nodes, not {sorted(nodes)}")
same = [{k: v for k, v in s.items() if k != "depends_on"} for s in nodes.values()]
check(all(s == same[0] for s in same), "the nodes differ")
environment = {name: plain(value) for name, value in same[0]["environment"].items()}

# The database that the nodes name is the one that is there.
url = urlsplit(environment["VOUCHSAFE_DATABASE_URL"])
there = {name: plain(value) for name, value in database["environment"].items()}
check(url.scheme == "postgres" and url.hostname == "database" and url.port == 5432, f"nodes look for the database at {url.netloc}")
check(url.username == there["POSTGRES_USER"], "another database user")
check(url.password == there["POSTGRES_PASSWORD"] == "<POSTGRES_PASSWORD>", "another database password, or one with a default")
check(url.path == "/" + there["POSTGRES_DB"], "another database name")
check(environment["VOUCHSAFE_MASTER_KEY"] == "<VOUCHSAFE_MASTER_KEY>", "the master key must be given, and the same for both")

# The port that the nodes listen on is the image's and the proxy's.
listen = environment["VOUCHSAFE_LISTEN"].rsplit(":", 1)[1]
check(re.findall(r"^EXPOSE (\d+)$", dockerfile, re.M) == [listen], "the image exposes another port")
check(f"/dev/tcp/127.0.0.1/{listen} " in dockerfile, "the image's health check asks another port")
upstream = re.search(r"upstream vouchsafe \{(.*?)\}", nginx, re.S)
servers = re.findall(r"server\s+([\w.-]+):(\d+)", upstream.group(1)) if upstream else []
check(sorted(servers) == sorted((name, listen) for name in nodes), f"the proxy knows the nodes as {servers}")
check("proxy_pass http://vouchsafe;" in nginx, "the proxy passes to something else")

# The proxy's port, published, is the issuer's.
issuer = urlsplit(environment["VOUCHSAFE_ISSUER"])
check(issuer.hostname == "localhost" and not issuer.path, f"the issuer is {issuer.geturl()}")
inside = re.findall(r"^\s*listen (\d+);", nginx, re.M)
published = [p.split(":") for p in proxy["ports"]]
check([p[-1] for p in published] == inside, f"published {published}, the proxy listens on {inside}")
check([p[-2] for p in published] == [str(issuer.port)], f"published {published}, the issuer is at {issuer.port}")
check(all(p[0] == "127.0.0.1" for p in published), "a first look is published on loopback only")
check(not any(s.get("ports") for name, s in services.items() if name != "proxy"), "only the proxy is published")

# The proxy speaks from the network that the nodes trust, and writes the header itself.
trusted = ipaddress.ip_network(environment["VOUCHSAFE_SERVER_TRUSTED_PROXIES"])
subnets = [ipaddress.ip_network(c["subnet"]) for c in compose["networks"]["front"]["ipam"]["config"]]
check([trusted] == subnets, f"trusted are {trusted}, the proxy's network is {subnets}")
check("front" in proxy["networks"] and "front" in same[0]["networks"], "proxy and nodes share the network `front`")
check("back" in same[0]["networks"] and database["networks"] == ["back"], "nodes and database share the network `back`")
check("proxy_set_header X-Forwarded-For $remote_addr;" in nginx, "the proxy must write X-Forwarded-For itself")

# Everything waits for what it needs, and can be asked whether it is well.
for name, service in services.items():
    healthy = "healthcheck" in service or (name in nodes and "HEALTHCHECK" in dockerfile)
    check(healthy, f"{name} has no health check")
    for needed in service.get("depends_on", {}):
        check(needed in services, f"{name} waits for {needed}, which is not there")
for service in services.values():
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        known = (ROOT / source).exists() if source.startswith(".") else source in compose["volumes"]
        check(known, f"volume {source} is not there")
    for network in service["networks"]:
        check(network in compose["networks"], f"network {network} is not there")

# The image does not run as root, and every setting is one that the program knows.
check(re.search(r"^USER (?!0|root)\d+:\d+$", dockerfile, re.M), "the image runs as root")
reference = (ROOT / "docs/configuration.md").read_text()
for name in {*environment, *re.findall(r"\b(VOUCHSAFE_[A-Z_]+)=", dockerfile)}:
    if name.startswith("VOUCHSAFE_"):
        check(f"`{name}`" in reference, f"docs/configuration.md does not know {name}")
for kept in re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.M):
    check((ROOT / kept).exists(), f".dockerignore keeps {kept}, which is not there")

for fault in faults:
    print(f"error: {fault}", file=sys.stderr)
print(f"docker-compose.yml, Dockerfile, nginx.conf: {len(faults)} faults")
sys.exit(1 if faults else 0)
