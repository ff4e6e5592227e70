/* A cache with entries of random sizes: each step looks up a key; a miss reads the entry and drops the
 * least recently used ones until it fits into 48 MiB. Popular keys are asked for more often, so that entries
 * live from moments to the whole run. Several threads use one cache, so that they free each other's
 * entries. */
#include "bench.h"

enum { KEYS = 400000, BUCKETS = 1 << 16 };

struct entry {
    size_t stamp;
    struct entry *in_bucket, *newer, *older;
    uint64_t key;
};

static const size_t ROOM = 48 * MB;
static struct entry **buckets;
static struct entry newest = {.newer = &newest, .older = &newest};
static size_t used;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void unlink_entry(struct entry *entry) {
    entry->newer->older = entry->older;
    entry->older->newer = entry->newer;
}

static void put_first(struct entry *entry) {
    entry->older = newest.older;
    entry->newer = &newest;
    entry->older->newer = entry;
    newest.older = entry;
}

static struct entry **place_of(uint64_t key) {
    struct entry **place = &buckets[seed(key) >> 48];
    while (*place != NULL && (*place)->key != key)
        place = &(*place)->in_bucket;
    return place;
}

static void drop_oldest(void) {
    struct entry *entry = newest.newer, **place = place_of(entry->key);
    *place = entry->in_bucket;
    unlink_entry(entry);
    used -= intact(entry);
    drop(entry);
}

static bool look_up(uint64_t key) {
    pthread_mutex_lock(&lock);
    struct entry *entry = *place_of(key);
    if (entry != NULL) {
        unlink_entry(entry);
        put_first(entry);
    }
    pthread_mutex_unlock(&lock);
    return entry != NULL;
}

static void insert(struct entry *entry) {
    pthread_mutex_lock(&lock);
    struct entry **place = place_of(entry->key);
    if (*place != NULL) {
        drop(entry);
        pthread_mutex_unlock(&lock);
        return;
    }
    entry->in_bucket = NULL;
    *place = entry;
    put_first(entry);
    used += intact(entry);
    while (used > ROOM)
        drop_oldest();
    pthread_mutex_unlock(&lock);
}

/* The size of an entry is a property of its key. */
static struct entry *read_entry(uint64_t key) {
    uint64_t random = seed(key);
    struct entry *entry = take(pareto(&random, sizeof *entry + 24, 32 * KB));
    entry->key = key;
    return entry;
}

static void ask(int index) {
    uint64_t random = seed((uint64_t)index);
    for (size_t step = 0, end = share(4000000); step < end; step++) {
        /* The lesser of two draws: low keys are the popular ones. */
        size_t one = below(&random, KEYS), other = below(&random, KEYS);
        uint64_t key = one < other ? one : other;
        if (!look_up(key))
            insert(read_entry(key));
    }
}

int main(int argc, char **argv) {
    read_arguments(argc, argv, NULL);
    buckets = zeroed(BUCKETS, sizeof *buckets);
    run_crew(threads, ask);
    while (newest.newer != &newest)
        drop_oldest();
    free(buckets);
    return 0;
}
