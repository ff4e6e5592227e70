/* Time to find room above many holes that are too small.
 *
 * 65,536 blocks of 128 KB, of which every other one is freed; then 5,000 blocks of 180 KB. None of them is
 * written. */
#include "figure.h"

enum { BLOCKS = 65536, LARGER = 5000 };

int main(void) {
    void **blocks = array_outside(BLOCKS * sizeof *blocks);
    for (size_t i = 0; i < BLOCKS; i++)
        if ((blocks[i] = malloc(128 * KB)) == NULL)
            give_up("malloc");
    for (size_t i = 0; i < BLOCKS; i += 2)
        free(blocks[i]);
    double start = now();
    for (size_t i = 0; i < LARGER; i++)
        if ((*(void *volatile *)&blocks[0] = malloc(180 * KB)) == NULL)
            give_up("malloc");
    printf("{\"seconds\": %.4f}\n", now() - start);
    return 0;
}
