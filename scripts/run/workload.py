"""The default program of `make run`: builds and drops object graphs, strings and tables the way real programs do.

Run with PYTHONMALLOC=malloc, so that every object is a malloc of its own. The result is printed: it does not
depend on the allocator.
"""

import json
import random


class Node:
    __slots__ = ("key", "payload", "left", "right")

    def __init__(self, key, payload):
        self.key, self.payload, self.left, self.right = key, payload, None, None


def tree(random_numbers, count):
    """A binary search tree of `count` nodes; returns the sum of what is found in it."""
    root = None
    for _ in range(count):
        key = random_numbers.getrandbits(30)
        node = Node(key, str(key) * (1 + key % 4))
        if root is None:
            root = node
            continue
        at = root
        while True:
            side = "left" if key < at.key else "right"
            below = getattr(at, side)
            if below is None:
                setattr(at, side, node)
                break
            at = below
    total, pending = 0, [root]
    while pending:
        node = pending.pop()
        total += len(node.payload)
        pending.extend(below for below in (node.left, node.right) if below is not None)
    return total


def words(random_numbers, count):
    """Word counts of generated text: many short strings of mixed lives."""
    table = {}
    for _ in range(count):
        word = "w%x" % (random_numbers.getrandbits(16) ** 2 >> 18)
        table[word] = table.get(word, "") + word[0]
    return sum(map(len, table.values()))


def documents(random_numbers, count):
    """Nested documents written as JSON and read back."""
    size = 0
    for number in range(count):
        document = {"id": number, "rows": [{"k": random_numbers.random(), "v": [str(i)] * 3} for i in range(200)]}
        size += len(json.loads(json.dumps(document))["rows"])
    return size


def buffers(random_numbers, count):
    """Byte buffers from a few bytes to a megabyte, grown step by step and replaced at random."""
    kept = [bytearray() for _ in range(64)]
    for _ in range(count):
        slot = random_numbers.randrange(64)
        if len(kept[slot]) > 1 << 20:
            kept[slot] = bytearray()
        kept[slot].extend(b"x" * random_numbers.randrange(1, 20000))
    return sum(map(len, kept))


def main():
    random_numbers = random.Random(2718)
    print("tree", tree(random_numbers, 90000))
    print("words", words(random_numbers, 400000))
    print("documents", documents(random_numbers, 250))
    print("buffers", buffers(random_numbers, 12000))


if __name__ == "__main__":
    main()
