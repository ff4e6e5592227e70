"""The library dlopen'ed by Python, not preloaded: two allocators in one process, each with its own blocks."""
import ctypes
import os
import threading

path = os.environ["C_TEST_LIB"]
library = ctypes.CDLL("libc.so.6" if path == "system" else path)
library.malloc.restype = library.realloc.restype = ctypes.c_void_p
library.malloc.argtypes = [ctypes.c_size_t]
library.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
library.free.argtypes = [ctypes.c_void_p]
failures = []


def work(seed):
    """Fill blocks of many sizes, keep them over a realloc, and free them."""
    for size in (1, 24, 1000, 40_000, 200_000, 40_000_000):
        blocks = []
        for i in range(20 if size < 1_000_000 else 1):
            block = library.malloc(size)
            ctypes.memset(block, (seed + i) % 251, size)
            blocks.append(block)
        for i, block in enumerate(blocks):
            block = library.realloc(block, size * 2)
            if ctypes.string_at(block, size) != bytes([(seed + i) % 251]) * size:
                failures.append(size)
            library.free(block)


threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
for thread in threads:
    thread.start()
work(100)
for thread in threads:
    thread.join()
assert not failures, failures
if os.fork() == 0:
    work(7)
    os._exit(1 if failures else 0)
assert os.wait()[1] == 0
