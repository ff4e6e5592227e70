"""Load on memcached: connections that set, get, add to and delete values of all sizes; prints what came back.

    memcached.py PORT ROUNDS
"""
import socket
import sys
import threading
import zlib

PORT, ROUNDS = map(int, sys.argv[1:])
results = {}


def work(me):
    with socket.create_connection(("127.0.0.1", PORT)) as link, link.makefile("rwb", buffering=1 << 16) as file:
        sum = 0
        for at in range(ROUNDS):
            keys = [f"{me}-{(at * 50 + n) * 7919 % 3001}" for n in range(50)]
            for n, key in enumerate(keys):
                value = key.encode() * (1 + (at * n) % 97) if n % 25 else bytes(20_000 + at * n % 30_000)
                file.write(f"set {key} {n} 0 {len(value)}\r\n".encode() + value + b"\r\n")
                file.write(f"append {key} 0 0 3\r\nabc\r\n".encode())
            file.write(f"delete {keys[7]}\r\nget {' '.join(keys)}\r\n".encode())
            file.flush()
            for _ in keys:
                assert file.readline() == b"STORED\r\n" == file.readline()
            sum = zlib.crc32(file.readline(), sum)
            while (line := file.readline()) != b"END\r\n":
                sum = zlib.crc32(file.read(int(line.split()[3]) + 2), zlib.crc32(line, sum))
        results[me] = sum


threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(results.items()))
with socket.create_connection(("127.0.0.1", PORT)) as link, link.makefile("rwb") as file:
    file.write(b"stats\r\n")
    file.flush()
    while (line := file.readline()) != b"END\r\n":
        if line.split()[1] in (b"curr_items", b"total_items", b"evictions", b"get_misses", b"bytes"):
            print(line.decode().strip())
