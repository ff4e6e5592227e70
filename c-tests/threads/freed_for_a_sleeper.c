/* What others free of a thread that sleeps goes back to the system: nobody waits for that thread to come and take it. */
/* needs: pigalloc */
#include "test.h"

enum { COUNT = 1000000, SIZE = 100, SPARE_KIB = 24576 };

static void *blocks[COUNT];

static void *free_all(void *unused)
{
    for (int i = 0; i < COUNT; i++)
        free(blocks[i]);
    return unused;
}

int main(void)
{
    memset(blocks, 1, sizeof blocks);
    size_t before = resident_kib();
    for (int i = 0; i < COUNT; i++)
        CHECK((blocks[i] = malloc(SIZE)) != NULL);
    finish(start(free_all, NULL));
    size_t after = resident_kib();
    if (after > before + SPARE_KIB)
        fprintf(stderr, "%zu KiB more than before\n", after - before);
    CHECK(after <= before + SPARE_KIB);
    return 0;
}
