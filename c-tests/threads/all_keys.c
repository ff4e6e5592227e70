/* The program can have all pthread keys, none is missing, and with all of them taken threads allocate and
 * end as ever. */
#include "test.h"

static pthread_key_t keys[PTHREAD_KEYS_MAX];
static int destroyed;

static void destroy(void *block)
{
    free(block);
    free(malloc(1000));
    __atomic_fetch_add(&destroyed, 1, __ATOMIC_RELAXED);
}

static void *body(void *unused)
{
    for (size_t i = 0; i < COUNT(keys); i++)
        CHECK(pthread_setspecific(keys[i], malloc(i + 1)) == 0);
    return unused;
}

int main(void)
{
    for (size_t i = 0; i < COUNT(keys); i++)
        CHECK(pthread_key_create(&keys[i], destroy) == 0);
    pthread_key_t more;
    CHECK(pthread_key_create(&more, NULL) == EAGAIN);
    for (int i = 0; i < 100; i++)
        finish(start(body, NULL));
    CHECK(destroyed == 100 * PTHREAD_KEYS_MAX);
    return 0;
}
