/* free(NULL) does nothing, as often as one likes, before the first malloc too. */
#include "test.h"

static void early(void)
{
    free(NULL);
}

__attribute__((section(".preinit_array"), used)) static void (*const hook)(void) = early;

int main(void)
{
    struct mallinfo2 before = mallinfo2();
    for (int i = 0; i < 1000000; i++)
        free(hide(NULL));
    CHECK(mallinfo2().uordblks == before.uordblks);
    return 0;
}
