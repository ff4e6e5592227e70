/* Growth of resident memory when destructors at thread exit allocate and free: what the allocator leaks per
 * thread.
 *
 * thread_exit key: a pthread key's destructor, which sets its key again so that it runs in the last round
 * too, after the destructors of any other key. thread_exit cxx: the destructors of C++ thread_local
 * objects. The program itself frees everything it allocates. */
#include "figure.h"
#include <limits.h>

enum { WARM = 200, THREADS = 2000, BLOCKS = 20 };

/* How libstdc++ registers the destructor of a thread_local object. */
extern int __cxa_thread_atexit_impl(void (*destroy)(void *), void *object, void *dso);
extern void *__dso_handle;

struct object {
    struct chain *blocks;
    uint64_t state;
    int rounds_left;
};

static pthread_key_t key;
static bool by_key;

static struct object *object_new(uint64_t state, int rounds) {
    struct object *o = take(sizeof *o);
    *o = (struct object){.state = state, .rounds_left = rounds};
    for (int i = 0; i < BLOCKS; i++) {
        size_t n = between(&o->state, 16, 4096);
        chain_push(&o->blocks, take(n), n);
    }
    return o;
}

static void object_drop(struct object *o) {
    chain_free(&o->blocks);
    free(o);
}

static void at_exit_of_thread(void *arg) {
    struct object *o = arg;
    struct object *next = object_new(o->state, o->rounds_left - 1);
    object_drop(o);
    if (by_key && next->rounds_left > 0)
        pthread_setspecific(key, next);
    else
        object_drop(next);
}

static void *work(void *arg) {
    struct object *o = object_new(seed((size_t)arg), PTHREAD_DESTRUCTOR_ITERATIONS);
    if (by_key)
        pthread_setspecific(key, o);
    else
        __cxa_thread_atexit_impl(at_exit_of_thread, o, &__dso_handle);
    return NULL;
}

int main(int argc, char **argv) {
    by_key = argc < 2 || strcmp(argv[1], "cxx") != 0;
    if (pthread_key_create(&key, at_exit_of_thread) != 0)
        give_up("pthread_key_create");
    double base = 0;
    for (size_t i = 0; i < WARM + THREADS; i++) {
        if (i == WARM)
            base = rss_mb();
        pthread_join(start_thread(work, (void *)i, 128 * KB), NULL);
    }
    printf("{\"growth_mb\": %.2f, \"threads\": %d}\n", rss_mb() - base, THREADS);
    return 0;
}
