/* Children of forks while another thread's huge block moves: what they map where it was is theirs. */
/* timeout: 120 */
#include "test.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FORKS = 60, MB = 1 << 20 };
static atomic_int ended;

static void *grow(void *unused)
{
    while (!ended) {
        char *block = malloc(32u * MB);
        for (size_t size = 64; block != NULL && size <= 512; size *= 2) {
            char *moved = realloc(block, size * MB);
            if (moved == NULL)
                break;
            block = moved;
            block[size * MB - 1] = 1;
        }
        free(block);
    }
    return unused;
}

int main(void)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, grow, NULL) == 0);
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            char *blocks[3];
            for (size_t k = 0; k < 3; k++) {
                blocks[k] = malloc((33 + 20 * k) * MB);
                CHECK(blocks[k] != NULL);
                blocks[k][5 * MB] = 1;
            }
            for (size_t k = 0; k < 3; k++)
                free(blocks[k]);
            _exit(0);
        }
        int status;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    ended = 1;
    CHECK(pthread_join(thread, NULL) == 0);
    return 0;
}
