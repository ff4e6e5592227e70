/* Does a program under RLIMIT_AS = 512 MB go on after malloc has returned NULL?
 *
 * It executes itself under the limit, as a shell with `ulimit -v` would start it. Then for one size after
 * another: allocate until NULL (with ENOMEM), free everything, oldest first. Each size must reach half of
 * what the first one reached, since memory freed by one size has to serve another. At the end a thread with
 * the default stack must start and allocate. */
#include "figure.h"

enum { LIMIT_MB = 512 };

static const size_t SIZES[] = {1000, 100, 40000, 4000, 300000, 1000000, 24, 1000};
enum { ROUNDS = sizeof SIZES / sizeof SIZES[0] };

static void *work(void *arg) {
    struct chain *blocks = NULL;
    uint64_t state = seed(1);
    chain_fill(&blocks, &state, 16, 1024, 4 * MB);
    chain_free(&blocks);
    return arg;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        struct rlimit limit = {LIMIT_MB * MB, LIMIT_MB * MB};
        if (setrlimit(RLIMIT_AS, &limit) != 0)
            give_up("setrlimit");
        execl("/proc/self/exe", argv[0], "limited", (char *)NULL);
        give_up("exec");
    }
    size_t reached[ROUNDS];
    bool enomem = true, reused = true;
    for (int round = 0; round < ROUNDS; round++) {
        struct chain *blocks = NULL, **end = &blocks;
        size_t held = 0;
        for (errno = 0; (*end = malloc(SIZES[round])) != NULL; errno = 0) {
            end = &(*end)->next;
            held += SIZES[round];
        }
        enomem &= errno == ENOMEM;
        reached[round] = held / MB;
        reused &= held >= 64 * MB && (SIZES[round] < 100 || reached[round] * 2 >= reached[0]);
        chain_free(&blocks);
    }
    pthread_t thread;
    bool threads = pthread_create(&thread, NULL, work, NULL) == 0 && pthread_join(thread, NULL) == 0;
    printf("{\"goes_on\": %d, \"enomem\": %d, \"reused\": %d, \"thread\": %d, \"reached_mb\": [",
           enomem && reused && threads, enomem, reused, threads);
    for (int round = 0; round < ROUNDS; round++)
        printf("%s%zu", round ? ", " : "", reached[round]);
    printf("]}\n");
    return 0;
}
