/* Seconds to grow one block from 4 KB by realloc.
 *
 * realloc_grow STEP LIMIT_MB TOUCH, STEP is x125 (to 125 % of the size) or +KB; TOUCH is `all` (every new
 * page is written) or `ends` (the last eight bytes after each step, so that growing to 4 GB by remapping
 * stays small). Ends early after 20 seconds, or when one more step could pass 3 GB of resident memory
 * because the allocator copies; `complete` is then 0 and reached_mb says how far it came. */
#include "figure.h"

static const double SECONDS = 20;
static const size_t MOST = 3 * GB;

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    bool percent = argv[1][0] == 'x', all = strcmp(argv[3], "all") == 0;
    size_t by = strtoul(argv[1] + 1, NULL, 10), limit = strtoul(argv[2], NULL, 10) * MB;
    size_t size = 4 * KB, steps = 0;
    double begin = now();
    char *block = malloc(size);
    if (block == NULL)
        give_up("malloc");
    memset(block, 1, size);
    bool complete = false, kept = true;
    while (!(complete = size >= limit) && now() - begin < SECONDS) {
        size_t next = percent ? size / 100 * by : size + by * KB;
        if (next > limit)
            next = limit;
        if (all && next > 256 * MB && (size_t)(rss_mb() * (double)MB) + next > MOST)
            break;
        char *moved = realloc(block, next);
        if (moved == NULL)
            break;
        block = moved;
        uint64_t mark;
        if (steps > 0 && !all) {
            memcpy(&mark, block + size - 8, 8);
            kept &= mark == size;
        }
        if (all)
            for (size_t at = size; at < next; at += 4 * KB)
                block[at] = 1;
        memcpy(block + next - 8, &next, 8);
        size = next;
        steps++;
    }
    double seconds = now() - begin;
    kept &= block[0] == 1 && block[4 * KB - 9] == 1;
    double full = rss_mb();
    char *shrunk = realloc(block, 4 * KB);
    kept &= shrunk != NULL && shrunk[0] == 1 && shrunk[4 * KB - 9] == 1;
    printf("{\"seconds\": %.3f, \"complete\": %d, \"kept\": %d, \"reached_mb\": %zu, \"steps\": %zu, "
           "\"rss_mb\": %.1f, \"rss_after_shrink_mb\": %.1f}\n",
           seconds, complete, kept, size / MB, steps, full, rss_mb());
    free(shrunk);
    return kept ? 0 : 1;
}
