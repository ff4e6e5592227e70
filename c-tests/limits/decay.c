/* After a gigabyte of small blocks was freed, the resident size falls within seconds if the program does
 * anything at all. */
/* beyond-glibc: it keeps free memory below its top until malloc_trim */
/* timeout: 120 */
#include "test.h"

enum { N = 1000000, SIZE = 1000 };
static void *blocks[N];

int main(void)
{
    touch(blocks, sizeof blocks);
    size_t before = resident_kib();
    for (size_t i = 0; i < N; i++) {
        blocks[i] = malloc(SIZE);
        CHECK(blocks[i] != NULL);
        touch(blocks[i], SIZE);
    }
    void *last = malloc(SIZE);
    for (size_t i = 0; i < N; i++)
        free(blocks[i]);
    unsigned long state = 3;
    for (int i = 0; i < 300; i++) {
        for (int n = 0; n < 100; n++)
            free(malloc(next_random(&state) % 5000));
        sleep_ms(10);
    }
    CHECK_AT_MOST(resident_kib(), before + 128 * KIB);
    free(last);
    return 0;
}
