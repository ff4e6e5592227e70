/* free of a foreign pointer as the first call to the allocator of all. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: not an allocated block: %p */
/* cases: stack data wild */
#include "misuse/misuse.h"

static char in_data[64] = "data";

int main(int argc, char **argv)
{
    char on_stack[64] = "";
    CHECK(argc == 2);
    uintptr_t wild = 0x123456789ab0;
    void *pointer = argv[1][0] == 's' ? hide(on_stack) : argv[1][0] == 'd' ? in_data : (void *)wild;
    free(announce(keep(pointer, 1)));
    unnoticed();
}
