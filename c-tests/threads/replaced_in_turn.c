/* A hundred threads are alive; the oldest one ends and a new one comes, again and again. New threads go on with what
 * ended ones have left, whatever the order: memory and mappings do not grow. */
#include "test.h"
#include <semaphore.h>

enum { ALIVE = 100, THREADS = 1200, ROUNDS = 150, BLOCKS = 100 };

static struct life {
    pthread_t thread;
    sem_t has_worked, may_end;
} lives[ALIVE];

static void *live(void *argument)
{
    struct life *life = argument;
    void *blocks[BLOCKS];
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = malloc(16 + i * 8);
            CHECK(blocks[i] != NULL);
            touch(blocks[i], 16);
        }
        for (size_t i = 0; i < BLOCKS; i++)
            free(blocks[i]);
    }
    sem_post(&life->has_worked);
    while (sem_wait(&life->may_end) != 0)
        ;
    return NULL;
}

int main(void)
{
    size_t before = 0;
    for (size_t i = 0; i < THREADS; i++) {
        struct life *life = &lives[i % ALIVE];
        if (i >= ALIVE) {
            sem_post(&life->may_end);
            finish(life->thread);
        }
        sem_init(&life->has_worked, 0, 0);
        sem_init(&life->may_end, 0, 0);
        life->thread = start(live, life);
        while (sem_wait(&life->has_worked) != 0)
            ;
        if (i == THREADS / 4)
            before = mappings();
    }
    CHECK_AT_MOST(mappings(), before + ALIVE);
    CHECK_AT_MOST(resident_kib(), 100 * KIB);
    for (size_t i = 0; i < ALIVE; i++) {
        sem_post(&lives[i].may_end);
        finish(lives[i].thread);
    }
    return 0;
}
