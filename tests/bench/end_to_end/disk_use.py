"""How many bytes an event takes on disk: in the log's segments and in the lake's visible files."""
import pathlib
import struct

PAGE = 4096
SEGMENT_MAGIC, FOOTER_MAGIC = b"ADBLOGS\n", b"ADBLOGE\n"  # docs/formats/log_segment.md
DATA_END_AT = 96  # in the footer page


def last_written(file, end):
    """Position behind the last byte before `end` that is not zero."""
    step = 1 << 20
    while end > 0:
        begin = max(0, end - step)
        file.seek(begin)
        kept = file.read(end - begin).rstrip(b"\0")
        if kept:
            return begin + len(kept)
        end = begin
    return 0


def segment_used(path):
    """Bytes of header, records and footer; what lies between records and footer is zeros."""
    with open(path, "rb") as file:
        if file.read(8) != SEGMENT_MAGIC:
            return 0
        size = path.stat().st_size
        file.seek(size - PAGE)
        footer = file.read(PAGE)
        if footer.startswith(FOOTER_MAGIC):
            return struct.unpack_from("<Q", footer, DATA_END_AT)[0] + PAGE
        return last_written(file, size)


def log_use(data):
    """Bytes of the log: records, ids, and apart from them what is only held ready."""
    use = {"segment_bytes": 0, "id_bytes": 0, "zero_fill_bytes": 0, "spare_bytes": 0}
    for path in (pathlib.Path(data) / "log").iterdir():
        stat = path.stat()
        if path.suffix == ".seg":
            used = segment_used(path)
            use["segment_bytes"] += used
            use["zero_fill_bytes"] += max(0, stat.st_blocks * 512 - used)
        elif path.suffix == ".ids":
            use["id_bytes"] += stat.st_size
        elif path.name.startswith("spare"):
            use["spare_bytes"] += stat.st_blocks * 512
    return use


def lake_use(data):
    """Files, rows and bytes that the lake's manifest lists (docs/formats/lake.md)."""
    visible = {}
    lines = (pathlib.Path(data) / "lake" / "manifest").read_text().splitlines()[1:]
    for line in lines:
        for change in line.split(" ")[2:]:
            name, *rest = change[1:].split("|")
            if change[0] == "+":
                visible[name] = (int(rest[3]), int(rest[4]))
            else:
                visible.pop(name)
    return {"files": len(visible), "rows": sum(rows for rows, _ in visible.values()),
            "bytes": sum(size for _, size in visible.values())}
