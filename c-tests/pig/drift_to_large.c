/* Sizes drift to those of large blocks and back, while the same amount stays live: what is free meanwhile is never as
 * much as that. Where the machine is slow ticks come in between, and teach a higher limit; not here. */
/* needs: pigalloc */
/* env: PIGALLOC_DECAY_MS=3600000 */
/* timeout: 120 */
#include "test.h"
#include <sys/resource.h>

enum { LIVE = 120000000, MOST = 400000, MOST_KIB = 250 * 1000 };
static const size_t SIZES[] = {512, 8192, 65536, 131072, 131072, 256, 512, 1024};

static void *blocks[MOST];
static size_t sizes[MOST], count, live;

static void drop(size_t i)
{
    free(blocks[i]);
    live -= sizes[i];
    blocks[i] = blocks[--count];
    sizes[i] = sizes[count];
}

int main(void)
{
    unsigned long state = 1;
    for (size_t phase = 0; phase < sizeof SIZES / sizeof *SIZES; phase++) {
        for (size_t made = 0; made < (size_t)3 * LIVE;) {
            size_t size = SIZES[phase] + next_random(&state) % SIZES[phase];
            while (count == MOST || live + size > LIVE)
                drop(next_random(&state) % count);
            CHECK((blocks[count] = malloc(size)) != NULL);
            memset(blocks[count], 1, size);
            sizes[count++] = size;
            live += size;
            made += size;
        }
    }
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    if (usage.ru_maxrss > MOST_KIB)
        fprintf(stderr, "%ld KiB at most\n", usage.ru_maxrss);
    CHECK(usage.ru_maxrss <= MOST_KIB);
    return 0;
}
