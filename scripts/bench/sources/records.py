"""Records as a service handles them: built, written as JSON, read back, indexed, matched, sorted. Argument: rounds."""

import collections
import json
import re
import sys
import zlib

WORD = re.compile(r"[a-z]+|\d+")


def records(turn, count):
    return [{
        "id": turn * count + n,
        "name": f"name {n * 7919 % 10007} of {turn}",
        "tags": [f"tag{n % k}" for k in range(2, 9)],
        "place": {"x": n / 3, "y": -n / 7, "note": [None, True, "äö" * (n % 20)]},
    } for n in range(count)]


def index(rows):
    by_tag = collections.defaultdict(list)
    for row in rows:
        for tag in row["tags"]:
            by_tag[tag].append(row["id"])
    return by_tag


def main():
    check, kept = 0, collections.deque(maxlen=3)
    for turn in range(int(sys.argv[1])):
        rows = records(turn, 4000)
        text = json.dumps(rows, ensure_ascii=False)
        again = json.loads(text)
        assert again == rows
        by_tag = index(again)
        words = collections.Counter(match for row in again for match in WORD.findall(row["name"]))
        again.sort(key=lambda row: (row["name"], row["id"]))
        lines = "\n".join(f"{row['id']};{row['name']};{','.join(row['tags'])}" for row in again)
        columns = list(zip(*(line.split(";") for line in lines.splitlines())))
        kept.append((again, columns))
        check = zlib.crc32(repr((len(text), len(words), sorted(by_tag)[:5], columns[1][:5])).encode(), check)
    print(check)


main()
