/* Where address space is used up, a block that was freed can be had again, also one with a mapping of its own. */
/* cases: 600 900 3000 */
#include "limits/limit.h"
#include <sys/mman.h>

enum { MOST = 1000 };

int main(int argc, char **argv)
{
    static void *blocks[MOST];
    int count = 0;
    CHECK(argc == 2);
    start_limited(RLIMIT_AS, 64 * MIB, argv);
    size_t size = strtoul(argv[1], NULL, 10) * KIB;
    while (count < MOST && (blocks[count] = malloc(size)) != NULL)
        count++;
    CHECK(count > 2 && count < MOST);
    while (mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED)
        ;
    free(blocks[count - 1]);
    CHECK(malloc(size) != NULL);
    return 0;
}
