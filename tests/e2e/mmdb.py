"""Writes small files in MaxMind's DB format (version 2.0): networks and what is known of them.

    write("geo.mmdb", {"203.0.113.0/24": {"country": {"iso_code": "DE"}}})

The tree is one of IPv6 with 24-bit records; IPv4 networks lie below ::/96, as readers expect.
"""
import ipaddress
import os

MARKER = b"\xab\xcd\xefMaxMind.com"
TEXT, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 5, 6, 7, 9, 11


def control(kind, size):
    extended = kind > 7
    low, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    assert size < 285, "longer than these tests need"
    return bytes([(0 if extended else kind << 5) | low]) + (bytes([kind - 7]) if extended else b"") + more


def encode(value):
    if isinstance(value, str):
        raw = value.encode()
        return control(TEXT, len(raw)) + raw
    if isinstance(value, int):
        kind, most = (UINT32, 4) if value < 1 << 32 else (UINT64, 8)
        raw = value.to_bytes(most, "big").lstrip(b"\0")
        return control(kind, len(raw)) + raw
    if isinstance(value, dict):
        return control(MAP, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list):
        return control(ARRAY, len(value)) + b"".join(encode(item) for item in value)
    raise TypeError(type(value))


def bits_of(network):
    network = ipaddress.ip_network(network)
    number, length = int(network.network_address), network.prefixlen
    if network.version == 4:
        length += 96
    return [number >> (127 - i) & 1 for i in range(length)]


def content(networks, kind="Test-City", built=1_795_262_400):
    """Bytes of a file; of networks inside others the smaller one counts."""
    nodes = [[None, None]]  # each side: None, a node's number, or ("data", offset)
    data, offsets = b"", {}
    for network in sorted(networks, key=lambda text: ipaddress.ip_network(text).prefixlen
                          + (96 if ipaddress.ip_network(text).version == 4 else 0)):
        raw = encode(networks[network])
        if raw not in offsets:
            offsets[raw] = len(data)
            data += raw
        at = 0
        *path, last = bits_of(network)
        for bit in path:
            if not isinstance(nodes[at][bit], int):
                nodes.append([nodes[at][bit]] * 2)
                nodes[at][bit] = len(nodes) - 1
            at = nodes[at][bit]
        nodes[at][last] = ("data", offsets[raw])
    tree = b""
    for sides in nodes:
        for side in sides:
            number = len(nodes) if side is None else side if isinstance(side, int) else len(nodes) + 16 + side[1]
            tree += number.to_bytes(3, "big")
    about = {"node_count": len(nodes), "record_size": 24, "ip_version": 6, "database_type": kind, "languages": ["en"],
             "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": built,
             "description": {"en": "test"}}
    about_bytes = control(MAP, len(about))
    for name, value in about.items():
        small = name in ("record_size", "ip_version") or name.startswith("binary_format")
        raw = value.to_bytes(2, "big").lstrip(b"\0") if small else b""
        if name == "build_epoch":
            raw = value.to_bytes(8, "big").lstrip(b"\0")
            about_bytes += encode(name) + control(UINT64, len(raw)) + raw
        else:
            about_bytes += encode(name) + (control(UINT16, len(raw)) + raw if small else encode(value))
    return tree + b"\0" * 16 + data + MARKER + about_bytes


def write(path, networks, **about):
    """Replaces the file by a rename, as its readers ask for."""
    with open(f"{path}.new", "wb") as file:
        file.write(content(networks, **about))
    os.rename(f"{path}.new", path)
