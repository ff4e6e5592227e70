import collections, json, re, subprocess, sys, threading, zlib

records = [{"id": i, "name": f"name {i * 7919 % 10007}", "tags": [f"t{i % k}" for k in range(2, 9)],
            "inner": {"x": i / 3, "y": [None, True, "\u00e4\u00f6" * (i % 20)]}} for i in range(15000)]
text = json.dumps(records, ensure_ascii=False)
assert json.loads(text) == records
print(len(text), zlib.crc32(text.encode()))

index = collections.defaultdict(list)
for record in records:
    for tag in record["tags"]:
        index[tag].append(record["id"])
for tag in list(index)[::2]:
    del index[tag]
print(sorted((tag, len(ids), sum(ids)) for tag, ids in index.items())[:50])

found = re.findall(r'"name (\d+)5", "tags": \[("t\d+"(?:, )?){3,}', text)
print(len(found), re.sub(r"\d", "#", text)[-300:])

results = {}
def work(me):
    table = {}
    for i in range(20000):
        table[f"{me}-{i % 5000}"] = "v" * (i % 257)
        if i % 3 == 0:
            table.pop(f"{me}-{(i * 7) % 5000}", None)
    results[me] = (len(table), sum(map(len, table.values())))
threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sorted(results.items()))

for n in range(5):
    done = subprocess.run([sys.executable, "-c", f"print(sum(x * x for x in range({n}000)))"], capture_output=True)
    print(done.returncode, done.stdout.decode().strip())
big = bytearray()
for n in range(400):
    big += bytes([n % 256]) * 50000
print(len(big), zlib.crc32(zlib.compress(bytes(big), 1)), zlib.crc32(big[::-7]))
