/* free of a pointer into a live block, not to its start. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: pointer inside a block: %p */
/* cases: 24+1 24+8 24+16 24+12 100+1 100+8 100+16 100+50 1000+1 1000+8 1000+16 1000+500 5000+1 5000+8 */
/* cases: 5000+16 5000+2500 40000+1 40000+8 40000+16 40000+20000 200000+1 200000+8 200000+16 200000+100000 */
/* cases: 67108864+1 67108864+8 67108864+16 67108864+33554432 */
#include "misuse/misuse.h"

int main(int argc, char **argv)
{
    size_t size = 0, offset = 0;
    CHECK(argc == 2 && sscanf(argv[1], "%zu+%zu", &size, &offset) == 2);
    char *block = keep(among_others(size), size);
    void *inside = announce(block + offset);
    free(inside);
    unnoticed();
}
