/* After the message nothing else is executed: no exit handler, no destructor, no flush of stdio. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: double free: %p */
#include "misuse/misuse.h"

static void say(void)
{
    CHECK(write(2, "handler\n", 8) == 8);
}

__attribute__((destructor)) static void after_all(void)
{
    say();
}

int main(void)
{
    void *block = announce(malloc(100));
    CHECK(atexit(say) == 0 && at_quick_exit(say) == 0);
    printf("never to be seen");
    free(block);
    free(hide(block));
    unnoticed();
}
