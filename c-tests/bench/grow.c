/* Buffers that grow by realloc while they are filled.
 *
 * one: a buffer grows to 32 MiB, first by a half of its size each time, then in steps of 64 KiB;
 * two: two such buffers grow in turns, so that each stands in the other's way;
 * texts: hundreds of short texts grow at random by some characters each and start again at 4 KiB. */
#include "bench.h"

enum { TEXTS = 500 };
enum mode { ONE, TWO, SHORT };

struct buffer {
    unsigned char *bytes;
    size_t size;
};

static const size_t FULL = 32 * MB, JUMPS = 4 * MB, STEP = 64 * KB;
static enum mode mode;

/* What stands at a place of every buffer. */
static unsigned char content(size_t at) { return (unsigned char)(at * 31 >> 6); }

static void grow(struct buffer *buffer, size_t size) {
    unsigned char *bytes = realloc(buffer->bytes, size);
    if (bytes == NULL)
        give_up("realloc");
    for (size_t at = (buffer->size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE; at < size; at += CACHE_LINE)
        bytes[at] = content(at);
    buffer->bytes = bytes;
    buffer->size = size;
}

static void finish(struct buffer *buffer) {
    size_t step = buffer->size > MB ? 4 * KB : CACHE_LINE;
    for (size_t at = 0; at < buffer->size; at += step)
        if (buffer->bytes[at] != content(at))
            fail("content lost", buffer->bytes);
    free(buffer->bytes);
    *buffer = (struct buffer){NULL, 0};
}

static void fill_up(int count) {
    struct buffer buffers[2] = {{NULL, 0}};
    for (int i = 0; i < count; i++)
        grow(&buffers[i], CACHE_LINE);
    while (buffers[count - 1].size < FULL)
        for (int i = 0; i < count; i++) {
            size_t size = buffers[i].size;
            grow(&buffers[i], size < JUMPS ? size + size / 2 : size + STEP);
        }
    for (int i = 0; i < count; i++)
        finish(&buffers[i]);
}

static void texts(uint64_t random) {
    struct buffer *lines = zeroed(TEXTS, sizeof *lines);
    for (size_t step = 0, end = share(9000000); step < end; step++) {
        struct buffer *line = &lines[below(&random, TEXTS)];
        if (line->size > 4 * KB)
            finish(line);
        grow(line, line->size + between(&random, 1, 120));
    }
    for (int i = 0; i < TEXTS; i++)
        finish(&lines[i]);
    free(lines);
}

static void growth(int index) {
    if (mode == SHORT)
        texts(seed((uint64_t)index));
    else
        for (size_t time = 0, end = share(mode == ONE ? 50 : 20); time < end; time++)
            fill_up(mode == ONE ? 1 : 2);
}

int main(int argc, char **argv) {
    mode = (enum mode)read_arguments(argc, argv, "one|two|texts");
    run_crew(threads, growth);
    return 0;
}
