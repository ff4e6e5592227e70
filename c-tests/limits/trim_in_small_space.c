/* Under RLIMIT_AS that is used up again and again, malloc_trim beside threads that allocate and free takes
 * nothing away: neither live content nor mappings that others make where the heap gave back. */
/* cases: 64 128 */
#include "limits/limit.h"

enum { SLOTS = 160, STEPS_TO_CLEAR = 300 };
static volatile int stop;

static void *churn(void *argument)
{
    unsigned char *blocks[SLOTS] = {NULL};
    size_t sizes[SLOTS] = {0};
    unsigned seed = (unsigned)(uintptr_t)argument;
    unsigned long state = seed * 7919ul;
    for (int step = 1; !stop; step++) {
        size_t i = next_random(&state) % SLOTS, size = sizes[i];
        unsigned char mark = pattern(i, seed), *block = blocks[i];
        if (block != NULL) {
            CHECK(block[0] == mark && block[size / 2] == mark && block[size - 1] == mark);
            free(block);
            blocks[i] = NULL;
        } else {
            size = state % 3 != 0 ? 65537 + (state >> 12) % 300000 : 200 + (state >> 12) % 30000;
            blocks[i] = malloc(size);
            sizes[i] = size;
            CHECK(blocks[i] != NULL || errno == ENOMEM);
            if (blocks[i] != NULL)
                memset(blocks[i], mark, size);
        }
        if (step % STEPS_TO_CLEAR == 0)
            for (i = 0; i < SLOTS; i++) {
                free(blocks[i]);
                blocks[i] = NULL;
            }
    }
    for (size_t i = 0; i < SLOTS; i++)
        free(blocks[i]);
    return NULL;
}

static void *trim(void *unused)
{
    while (!stop) {
        malloc_trim(0);
        usleep(100);
    }
    return unused;
}

/* Mappings that are not the allocator's, each alive for a moment. */
static void *map(void *unused)
{
    while (!stop) {
        unsigned char *mapping = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapping == MAP_FAILED)
            continue;
        memset(mapping, 0x5a, MIB);
        usleep(50);
        for (size_t i = 0; i < MIB; i += 4096)
            CHECK(mapping[i] == 0x5a);
        CHECK(munmap(mapping, MIB) == 0);
    }
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t threads[6];
    pthread_attr_t small;
    CHECK(argc == 2);
    start_limited(RLIMIT_AS, (size_t)atol(argv[1]) * MIB, argv);
    CHECK(pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, 128 * KIB) == 0);
    CHECK(pthread_setattr_default_np(&small) == 0);
    for (uintptr_t i = 0; i < COUNT(threads); i++)
        threads[i] = start(i == 0 ? trim : i == 1 ? map : churn, (void *)(i + 1));
    sleep_ms(2000);
    stop = 1;
    for (size_t i = 0; i < COUNT(threads); i++)
        finish(threads[i]);
    return 0;
}
