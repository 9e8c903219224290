"""Writes a file of places for the benchmarks: python3 tests/bench/geo_file.py <file> [networks]

Random /24 networks of 10.0.0.0/8, each of one of 5,000 cities in countries outside of where GDPR applies.
"""
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import mmdb

rng = random.Random(1)
cities = [{"country": {"iso_code": rng.choice(["US", "CA", "JP", "AU", "BR"])}, "subdivisions": [{"iso_code": f"R{i % 50}"}],
           "city": {"names": {"en": f"City {i}"}}} for i in range(5_000)]
count = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
chosen = rng.sample(range(1 << 16), min(count, 1 << 16))
mmdb.write(sys.argv[1], {f"10.{number >> 8}.{number & 255}.0/24": rng.choice(cities) for number in chosen})
