/* Memory is limited, and a large block that may not grow is asked to again and again: each refusal leaves the block as
 * it was, and takes no address space. The limit stands before the program starts, or is set in between. */
/* cases: before between */
#include "limits/limit.h"

enum { TIMES = 300 };
static const size_t SIZE = 300 * MIB;

static size_t mapped_gib(void)
{
    return proc_number("/proc/self/status", "VmSize:") / MIB;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    if (strcmp(argv[1], "before") == 0)
        start_limited(RLIMIT_DATA, GIB, argv);
    char *block = malloc(SIZE);
    CHECK(block != NULL);
    struct rlimit limit = {GIB, GIB};
    CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
    fill(block, KIB, 3);
    size_t before = mapped_gib();
    for (int i = 0; i < TIMES; i++) {
        errno = 0;
        CHECK(realloc(hide(block), hide_size(8 * GIB)) == NULL && errno == ENOMEM);
    }
    CHECK(holds(block, KIB, 3));
    CHECK_AT_MOST(mapped_gib(), before + 1);
    block = realloc(block, 2 * SIZE);
    CHECK(block != NULL && holds(block, KIB, 3));
    free(block);
    return 0;
}
