/* Buffers that grow by realloc to some MiB and are cut to a small part, again and again, do not fault all their pages in
 * each time. */
/* needs: pigalloc */
#include "pig/faults.h"
#include <stdint.h>

enum { BUFFERS = 4, TIMES = 2000, SMALL = 70000, DOUBLINGS = 6 };

static uint64_t state = 7;

static size_t some_size(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    size_t size = (size_t)SMALL << (state >> 60) % DOUBLINGS;
    return size + (state >> 33) % size;
}

static char *resized(char *buffer, size_t size)
{
    buffer = realloc(buffer, size);
    CHECK(buffer != NULL);
    return buffer;
}

int main(void)
{
    need_huge_pages(6, 1);
    static char *buffers[BUFFERS];
    long first = page_faults();
    for (int i = 0; i < TIMES; i++) {
        size_t size = some_size();
        char *buffer = resized(buffers[i % BUFFERS], size);
        memset(hide(buffer), i, size);
        buffer = resized(buffer, SMALL);
        buffers[i % BUFFERS] = buffer;
        CHECK(buffer[0] == (char)i && buffer[SMALL - 1] == (char)i);
    }
    long each = (page_faults() - first) / TIMES;
    printf("%ld faults for each time\n", each);
    CHECK_AT_MOST(each, 40);
    return 0;
}
