"""Inputs that the programs work on, generated the same on every machine."""

import random
import zlib

WORDS = ("arena", "block", "bin", "bitmap", "class", "decay", "fork", "heap", "list", "lock", "magazine", "map",
         "page", "purge", "queue", "release", "remote", "shard", "slab", "span", "thread", "unit")


def text(path, megabytes, times=1):
    """Lines of a number, two words and a hexadecimal key; once more with other numbers for each of `times`."""
    source = random.Random(1)
    with open(path, "w") as file:
        size, made = 0, []
        while size < megabytes << 20:
            lines = "".join(f"{source.randrange(10**9)} {source.choice(WORDS)} {source.choice(WORDS)} "
                            f"{source.getrandbits(64):016x}\n" for _ in range(1000))
            size += file.write(lines)
            if times > 1:
                made.append(lines)
        for time in range(1, times):
            for lines in made:
                file.write(lines.replace("\n", f"{time}\n").replace("1", str(time)))


def history(path, commits):
    """A git fast-import stream: each commit changes one file of forty, and every tenth makes a tag."""
    source = random.Random(2)
    with open(path, "w") as file:
        for n in range(1, commits + 1):
            body = "".join(f"{source.choice(WORDS)} {source.randrange(1000)}\n" for _ in range(200))
            file.write(f"blob\nmark :{2 * n}\ndata {len(body)}\n{body}\n")
            message = f"change {n}"
            file.write(f"commit refs/heads/main\nmark :{2 * n + 1}\n"
                       f"committer A <a@example.org> {1700000000 + 60 * n} +0000\n"
                       f"data {len(message)}\n{message}\n")
            if n > 1:
                file.write(f"from :{2 * n - 1}\n")
            file.write(f"M 100644 :{2 * n} dir{n % 8}/file{n % 40}\n\n")
            if n % 10 == 0:
                file.write(f"reset refs/tags/t{n}\nfrom :{2 * n + 1}\n\n")


def c_source(path, functions):
    """A program of many small functions that call each other."""
    source = random.Random(3)
    with open(path, "w") as file:
        file.write("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n")
        file.write("static unsigned f0(unsigned x) { return x * 2654435761u; }\n")
        for n in range(1, functions):
            callee, times, mask = source.randrange(n), source.randrange(2, 9), source.getrandbits(16)
            file.write(f"static unsigned f{n}(unsigned x) {{\n"
                       f"  unsigned table[{times}], sum = {mask}u;\n"
                       f"  for (unsigned i = 0; i < {times}; i++) table[i] = (x >> i) ^ {mask}u;\n"
                       f"  for (unsigned i = 0; i < {times}; i++) sum = sum * 31 + table[i];\n"
                       f"  switch (sum % 4) {{ case 0: return sum; case 1: return f0(sum); default: break; }}\n"
                       f"  return {'f%d(sum)' % callee if n % 3 == 0 else 'sum ^ x'};\n}}\n")
        calls = " ^ ".join(f"f{n}({n}u)" for n in range(functions))
        file.write(f"int main(void) {{ printf(\"%u\\n\", {calls}); return 0; }}\n")


def makefile(path, targets):
    """Targets that depend on each other, with generated rules and functions of make."""
    with open(path, "w") as file:
        file.write("NUMBERS := $(shell seq 1 %d)\n" % targets)
        file.write("PARTS := $(foreach n,$(NUMBERS),out/part-$(n))\n")
        file.write("all: out/sum\n\t@cat out/sum\n")
        file.write("out/sum: $(PARTS)\n\t@cat $(sort $(PARTS)) | sort > $@\n")
        file.write("define rule\nout/part-$(1): $(if $(filter 1 2 3,$(1)),,out/part-$(shell expr $(1) / 2))\n"
                   "\t@mkdir -p out; echo $(1) $(words $(NUMBERS)) $(patsubst %,x%,$(1)) > $$@\nendef\n")
        file.write("$(foreach n,$(NUMBERS),$(eval $(call rule,$(n))))\n")


def tree(folder, files):
    """A folder of text files."""
    source = random.Random(4)
    for n in range(files):
        place = folder / f"d{n % 12}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"f{n}").write_text(" ".join(source.choice(WORDS) for _ in range(source.randrange(200, 8000))))


def redis_commands(path, keys):
    """Commands in the form that redis-cli --pipe takes: strings, hashes, lists, sorted sets; then some deleted."""
    source = random.Random(5)
    with open(path, "w") as file:
        for n in range(keys):
            value = "x" * source.randrange(1, 400)
            file.write(f"SET s:{n} {value}\r\nHSET h:{n % 500} f{n} {value[:50]}\r\n"
                       f"RPUSH l:{n % 100} {n}\r\nZADD z:{n % 50} {source.randrange(10**6)} m{n}\r\n")
            if n % 3 == 0:
                file.write(f"DEL s:{source.randrange(n + 1)}\r\nAPPEND s:{n} {value}\r\n")


def pdf(path, pages):
    """Pages of text in two fonts, lines and curves, written by hand; streams are packed."""
    source = random.Random(6)
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", None,
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Italic >>"]
    kids = []
    for page in range(pages):
        lines = [f"0.{n % 9} 0.3 0.{page % 9} RG {source.randrange(600)} {source.randrange(800)} m "
                 f"{' '.join(str(source.randrange(800)) for _ in range(6))} c S" for n in range(60)]
        lines += [f"BT /F{1 + n % 2} {8 + n % 5} Tf 50 {780 - 12 * n} Td "
                  f"({' '.join(source.choices(WORDS, k=12))}) Tj ET"
                  for n in range(60)]
        packed = zlib.compress("\n".join(lines).encode())
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed))
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents %d 0 R "
                       b"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>" % len(objects))
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, b" ".join(kids))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += (b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
            % (len(objects) + 1, table, len(objects) + 1, len(out)))
    path.write_bytes(out)


def graph(path, nodes):
    """A directed graph with labels and clusters."""
    source = random.Random(7)
    with open(path, "w") as file:
        file.write("digraph g {\n")
        for n in range(nodes):
            shape = source.choice(("box", "ellipse", "diamond"))
            file.write(f'  n{n} [label="{source.choice(WORDS)} {n}", shape={shape}];\n')
            for _ in range(source.randrange(1, 3)):
                file.write(f'  n{source.randrange(n + 1)} -> n{n} [label="{source.choice(WORDS)}"];\n')
        for cluster in range(nodes // 10):
            file.write(f"  subgraph cluster{cluster} {{ {' '.join(f'n{cluster * 10 + k}' for k in range(5))} }}\n")
        file.write("}\n")
