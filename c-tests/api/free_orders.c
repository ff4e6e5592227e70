/* Many blocks of a size, freed upwards, downwards, every other one, by turns from two ends, and at random: they come
 * back each time, and none is handed out twice. */
/* cases: 16 24 64 100 400 1000 2000 5000 20000 */
#include "test.h"

enum { MOST = 40000, BYTES = 24 << 20, ROUNDS = 3 };
enum order { UP, DOWN, EVEN_ODD, ENDS, RANDOM, ORDERS };

static unsigned char *blocks[MOST];
static int count;
static size_t size;

static void take_all(unsigned round)
{
    for (int i = 0; i < count; i++) {
        if (blocks[i] != NULL)
            continue;
        CHECK((blocks[i] = malloc(size)) != NULL);
        fill(blocks[i], size, (unsigned)i + round);
    }
    /* Whatever was handed out twice has been written twice. */
    for (int i = 0; i < count; i++)
        CHECK(holds(blocks[i], size, (unsigned)i + round));
}

static void give(int i)
{
    free(blocks[i]);
    blocks[i] = NULL;
}

static void give_all(enum order order)
{
    unsigned long state = 88172645463325252ul;
    int half = (count + 1) / 2;
    for (int i = 0; i < count; i++) {
        switch (order) {
        case UP: give(i); break;
        case DOWN: give(count - 1 - i); break;
        case EVEN_ODD: give(i < half ? 2 * i : 2 * (i - half) + 1); break;
        case ENDS: give(i % 2 == 0 ? i / 2 : count - 1 - i / 2); break;
        default: {
            int last = count - 1 - i, other = (int)(next_random(&state) % (unsigned long)(last + 1));
            unsigned char *chosen = blocks[other];
            blocks[other] = blocks[last];
            blocks[last] = chosen;
            give(last);
        }
        }
    }
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    size = (size_t)atol(argv[1]);
    count = BYTES / size < MOST ? (int)(BYTES / size) : MOST;
    for (unsigned round = 0; round < ROUNDS * ORDERS; round++) {
        take_all(round);
        give_all((enum order)(round % ORDERS));
    }
    return 0;
}
