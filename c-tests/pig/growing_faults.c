/* Buffers that realloc grows come by huge pages, whole from the start, keep what they hold wherever they move, and shrink
 * again. */
/* needs: pigalloc */
/* cases: alone in_turns many */
#include "faults.h"
#include <pigalloc.h>

enum { STEP = 64 * 1024, PAGE = 4096 };
static const size_t END = 32 * MIB;

struct buffer {
    unsigned char *bytes;
    size_t size;
};

static void resize(struct buffer *buffer, size_t size)
{
    buffer->bytes = realloc(buffer->bytes, size);
    CHECK(buffer->bytes != NULL);
    CHECK(malloc_usable_size(buffer->bytes) >= size);
    for (size_t i = buffer->size; i < size; i += PAGE)
        buffer->bytes[i] = pattern(i, 1);
    buffer->size = size;
}

static void check(const struct buffer *buffer)
{
    for (size_t i = 0; i < buffer->size; i += PAGE)
        CHECK(buffer->bytes[i] == pattern(i, 1));
}

/* Many that stay small lose little to what is whole. */
static void grow_many(void)
{
    enum { MANY = 60 };
    static struct buffer buffers[MANY];
    static const size_t end = 2200 * KIB;
    size_t before = resident_kib();
    for (int i = 0; i < MANY; i++) {
        for (size_t size = STEP; size < end; size += size / 2 / PAGE * PAGE)
            resize(&buffers[i], size);
        resize(&buffers[i], end);
    }
    pig_purge();
    CHECK_AT_MOST(resident_kib() - before, MANY * end / KIB + 30 * KIB);
    /* One of them that goes on is whole again, from 16 MiB on. */
    bool is_whole = has_huge_pages(5, 14);
    long faults = page_faults();
    for (size_t size = end; size < 4 * END; size += MIB)
        resize(&buffers[MANY - 1], size);
    if (is_whole)
        CHECK_AT_MOST(page_faults() - faults, 16 * MIB / PAGE + 4 * END / PAGE / 8);
    for (int i = 0; i < MANY; i++) {
        check(&buffers[i]);
        free(buffers[i].bytes);
    }
}

int main(int argc, char **argv)
{
    static struct buffer buffers[2];
    if (argc > 1 && strcmp(argv[1], "many") == 0)
        return grow_many(), 0;
    int count = argc > 1 && strcmp(argv[1], "in_turns") == 0 ? 2 : 1;
    need_huge_pages(5, 14);
    size_t before = resident_kib();
    long faults = page_faults();
    for (size_t size = STEP; size <= END; size += STEP)
        for (int i = 0; i < count; i++)
            resize(&buffers[i], size);
    CHECK_AT_MOST(page_faults() - faults, (size_t)count * END / PAGE / 5);
    CHECK_AT_MOST(resident_kib() - before, (size_t)count * (END / KIB + 8 * KIB));
    for (int i = 0; i < count; i++) {
        check(&buffers[i]);
        for (size_t size = END; size > STEP; size /= 2) {
            resize(&buffers[i], size + PAGE);
            check(&buffers[i]);
        }
    }
    CHECK_AT_MOST(resident_kib() - before, (size_t)count * 8 * KIB);
    for (int i = 0; i < count; i++) {
        resize(&buffers[i], 5 * MIB);
        check(&buffers[i]);
        free(buffers[i].bytes);
    }
    return 0;
}
