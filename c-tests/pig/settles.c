/* The sizes of a program drift from phase to phase, and random blocks are replaced by those of the new sizes, three times
 * what is live in each phase: blocks that leave holes longer let them serve other sizes, so that little is needed beside
 * what is live. */
/* needs: pigalloc */
#include "test.h"

enum { LIVE = 100 << 20, MOST = LIVE / 80 };

static const size_t PHASES[][2] = {{64, 192}, {160, 480}, {400, 1200}, {1000, 3000}, {3000, 8000}, {300, 1000}};

static struct block {
    size_t size;
} *blocks[MOST];

int main(void)
{
    unsigned long state = 7;
    memset(blocks, 1, sizeof blocks);
    size_t count = 0, live = 0, base = resident_kib(), most = 0;
    for (size_t phase = 0; phase < COUNT(PHASES); phase++) {
        size_t low = PHASES[phase][0], range = PHASES[phase][1] - low + 1;
        for (size_t made = 0, looked = 0; made < 3 * (size_t)LIVE;) {
            size_t size = low + next_random(&state) % range;
            while (count == MOST || live + size > LIVE) {
                size_t which = next_random(&state) % count;
                live -= blocks[which]->size;
                free(blocks[which]);
                blocks[which] = blocks[--count];
            }
            struct block *block = malloc(size);
            touch(block, size);
            block->size = size;
            blocks[count++] = block;
            live += size;
            made += size;
            if (live > LIVE / 10 * 9 && made > looked + (4 << 20)) {
                size_t now = resident_kib() - base;
                most = now > most ? now : most;
                looked = made;
            }
        }
        printf("%zu to %zu bytes: %zu KiB\n", low, low + range - 1, resident_kib() - base);
    }
    printf("at most %zu KiB\n", most);
    CHECK_AT_MOST(most, LIVE / KIB / 100 * 152);
    return 0;
}
