/* Buffers that realloc grows come by huge pages, whole from the start, keep what they hold wherever they move, and shrink
 * again. */
/* needs: pigalloc */
/* cases: alone in_turns */
#include "faults.h"

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

int main(int argc, char **argv)
{
    static struct buffer buffers[2];
    int count = argc > 1 && strcmp(argv[1], "in_turns") == 0 ? 2 : 1;
    need_huge_pages(5, 14);
    size_t before = resident_kib();
    long faults = page_faults();
    for (size_t size = STEP; size <= END; size += STEP)
        for (int i = 0; i < count; i++)
            resize(&buffers[i], size);
    CHECK_AT_MOST(page_faults() - faults, (size_t)count * END / PAGE / 8);
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
