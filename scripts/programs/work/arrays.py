"""numpy: temporaries of all sizes, linear algebra, text; threads share arrays."""
import hashlib
import threading

import numpy as np

source = np.random.Generator(np.random.PCG64(1))
digest = hashlib.sha256()
for n in (10, 1000, 70_000, 1_500_000):
    a = source.integers(0, 1000, n)
    for _ in range(3):
        a = np.concatenate([a[::2], (a * 3 + 1)[::-2]]) % 1009
    digest.update(np.sort(a).tobytes())
m = source.random((300, 300))
print(f"{np.trace(m @ np.linalg.inv(m)):.6f} {np.abs(np.linalg.svd(m, compute_uv=False)).sum():.6f}")
words = np.array([f"w{i * 7919 % 10007}" for i in range(60_000)])
values, counts = np.unique(words, return_counts=True)
print(len(values), counts.sum(), "".join(values[::500]))
masked = np.ma.masked_less(source.random((500, 500)), 0.5)
print(f"{masked.mean():.9f} {masked.count()}")

results = {}


def work(me):
    own, sum = np.random.Generator(np.random.PCG64(me)), 0
    for i in range(300):
        part = own.integers(0, 256, 1 + i * 401 % 50_000, dtype=np.uint8)
        sum += int(np.bincount(part, minlength=256)[me]) + int(np.cumsum(part, dtype=np.int64)[-1])
    results[me] = sum


threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(results.items()), digest.hexdigest())
objects = np.empty(50_000, dtype=object)
objects[:] = [[i] * (i % 5) for i in range(50_000)]
print(objects.sum().__len__())
