/* mallopt returns 1 for the parameters that glibc knows, and the allocator works on under any of them. */
#include "test.h"

int main(void)
{
    static const struct {
        int parameter, value;
    } known[] = {{M_MXFAST, 64},     {M_TRIM_THRESHOLD, 1 << 20}, {M_TOP_PAD, 1 << 16}, {M_MMAP_THRESHOLD, 1 << 18},
                 {M_MMAP_MAX, 1000}, {M_ARENA_TEST, 2},           {M_ARENA_MAX, 2},     {M_CHECK_ACTION, 3},
                 {M_PERTURB, 0}};
    for (size_t i = 0; i < COUNT(known); i++) {
        CHECK(mallopt(known[i].parameter, known[i].value) == 1);
        for (size_t size = 1; size < MIB; size *= 2) {
            void *block = malloc(size);
            CHECK(block != NULL);
            fill(block, size, 1);
            free(block);
        }
    }
    return 0;
}
