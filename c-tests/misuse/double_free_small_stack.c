/* A thread with the smallest stack frees twice: the message comes all the same. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
/* cases: 24 40000 67108864 */
#include "misuse/misuse.h"

static void *free_twice(void *block)
{
    free(block);
    free(hide(block));
    unnoticed();
}

int main(int argc, char **argv)
{
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN) == 0);
    CHECK(pthread_create(&thread, &attributes, free_twice, announce(malloc(size_of(argc, argv)))) == 0);
    finish(thread);
    return 0;
}
