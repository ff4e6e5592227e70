/* A web server: each request reads headers into a table of short strings, builds a reply that grows by
 * realloc, makes some temporary objects, and looks into a table of sessions that live on. All of a request is
 * freed at its end.
 *
 * With two threads, half of the requests are read by one thread and answered by the next one, which frees
 * what the first one has allocated and leaves its reply to it; sessions belong to all. At most 200 requests
 * of a thread wait for the other one. */
#include "bench.h"
#include <sched.h>

enum { HEADERS = 24, OBJECTS = 60, SHELVES = 64, PER_SHELF = 300, MOST_AWAY = 200 };

struct request {
    struct link link;
    uint64_t random;
    char *names[HEADERS], *values[HEADERS];
    int headers;
    unsigned char *reply;
    size_t length, room;
};

struct shelf {
    pthread_mutex_t lock;
    void *sessions[PER_SHELF];
};

static struct shelf shelves[SHELVES];
static struct link *asked[MOST_THREADS], *answered[MOST_THREADS];
static int serving;

static char *text(uint64_t *random, size_t low, size_t high) {
    size_t length = between(random, low, high);
    char *copy = malloc(length + 1);
    if (copy == NULL)
        give_up("malloc");
    memset(copy, 'a' + (int)(length % 26), length);
    copy[length] = 0;
    return copy;
}

static void drop_text(char *copy) {
    size_t length = strlen(copy);
    if (length > 0 && copy[length - 1] != (char)('a' + length % 26))
        fail("text changed", copy);
    free(copy);
}

static struct request *read_request(uint64_t *random) {
    struct request *request = zeroed(1, sizeof *request);
    char *line = malloc(8 * KB);
    if (line == NULL)
        give_up("malloc");
    memset(line, ' ', between(random, 200, 1500));
    request->random = draw(random);
    request->headers = (int)between(random, 6, HEADERS);
    for (int i = 0; i < request->headers; i++) {
        request->names[i] = text(random, 4, 24);
        request->values[i] = text(random, 1, i == 3 ? 600 : 90);
    }
    free(line);
    return request;
}

static void append(struct request *request, size_t length) {
    if (request->length + length > request->room) {
        request->room = (request->length + length) * 3 / 2 + 64;
        request->reply = realloc(request->reply, request->room);
        if (request->reply == NULL)
            give_up("realloc");
    }
    memset(request->reply + request->length, (int)request->length, length);
    request->length += length;
}

static void touch_session(uint64_t *random) {
    size_t number = below(random, SHELVES * PER_SHELF);
    struct shelf *shelf = &shelves[number % SHELVES];
    void **session = &shelf->sessions[number / SHELVES];
    pthread_mutex_lock(&shelf->lock);
    if (*session == NULL || below(random, 4) == 0) {
        drop(*session);
        *session = take(pareto(random, 100, 8 * KB));
    } else
        intact(*session);
    pthread_mutex_unlock(&shelf->lock);
}

static void answer(struct request *request) {
    uint64_t *random = &request->random;
    void *objects[OBJECTS] = {NULL};
    touch_session(random);
    for (size_t row = 0, rows = between(random, 20, 120); row < rows; row++) {
        void **object = &objects[below(random, OBJECTS)];
        drop(*object);
        *object = take(pareto(random, 16, 2 * KB));
        append(request, between(random, 10, 200));
    }
    for (int i = 0; i < OBJECTS; i++)
        drop(objects[i]);
    for (int i = 0; i < request->headers; i++) {
        drop_text(request->names[i]);
        drop_text(request->values[i]);
    }
    request->headers = 0;
}

static void finish(struct request *request) {
    if (request->length > 0 && request->reply[0] != 0)
        fail("reply changed", request->reply);
    free(request->reply);
    free(request);
}

/* What other threads have sent: requests to answer, replies to send off. */
static void serve_others(int index, int *away) {
    for (struct link *got = empty_box(&asked[index]), *next; got != NULL; got = next) {
        next = got->next;
        answer((struct request *)got);
        put_into(&answered[(index + threads - 1) % threads], got);
    }
    for (struct link *got = empty_box(&answered[index]), *next; got != NULL; got = next) {
        next = got->next;
        finish((struct request *)got);
        *away -= 1;
    }
}

static void serve(int index) {
    uint64_t random = seed((uint64_t)index);
    int away = 0;
    for (size_t number = 0, end = share(200000); number < end; number++) {
        struct request *request = read_request(&random);
        if (threads > 1 && number % 2 == 0) {
            put_into(&asked[(index + 1) % threads], &request->link);
            away++;
        } else {
            answer(request);
            finish(request);
        }
        if (threads > 1 && number % 4 == 0)
            serve_others(index, &away);
        for (; away > MOST_AWAY; serve_others(index, &away))
            sched_yield();
    }
    __atomic_sub_fetch(&serving, 1, __ATOMIC_RELEASE);
    for (; away > 0 || __atomic_load_n(&serving, __ATOMIC_ACQUIRE) > 0; serve_others(index, &away))
        sched_yield();
    serve_others(index, &away);
}

int main(int argc, char **argv) {
    read_arguments(argc, argv, NULL);
    for (int i = 0; i < SHELVES; i++)
        pthread_mutex_init(&shelves[i].lock, NULL);
    serving = threads;
    run_crew(threads, serve);
    for (int i = 0; i < SHELVES; i++)
        for (int j = 0; j < PER_SHELF; j++)
            drop(shelves[i].sessions[j]);
    return 0;
}
