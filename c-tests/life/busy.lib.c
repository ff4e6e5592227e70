/* A library whose constructor and destructor allocate, and that starts a thread as it is loaded. */
#include "../test.h"

void *busy_block(size_t size);
void *busy_kept(void);

static void *kept;

static void *body(void *unused)
{
    for (size_t i = 1; i < 1000; i++)
        free(malloc(i * 10));
    return unused;
}

__attribute__((constructor)) static void loaded(void)
{
    kept = malloc(1000);
    CHECK(kept != NULL);
    fill(kept, 1000, 42);
    finish(start(body, NULL));
}

__attribute__((destructor)) static void unloaded(void)
{
    free(malloc(5000));
}

void *busy_kept(void)
{
    return kept;
}

void *busy_block(size_t size)
{
    void *block = malloc(size);
    if (block != NULL)
        fill(block, size, 7);
    return block;
}
