/* Allocations that cannot succeed: how many do not answer with NULL and ENOMEM?
 *
 * Each check runs in a child, so that an abort or a crash counts as one failed check. posix_memalign
 * returns its error and leaves the pointer alone. A failed realloc must leave the block as it was. */
#include "figure.h"

#define TOO_BIG ((size_t)PTRDIFF_MAX + 1)
#define NO_ROOM ((size_t)1 << 47) /* no more than the address space of a process */

static volatile size_t one = 1, two = 2, top = SIZE_MAX;

static bool refused(void *result) { return result == NULL && errno == ENOMEM; }

static bool malloc_top(void) { return refused(malloc(top)); }
static bool malloc_too_big(void) { return refused(malloc(TOO_BIG * one)); }
static bool malloc_no_room(void) { return refused(malloc(NO_ROOM * one)); }
static bool malloc_near_top(void) { return refused(malloc(top - 64)); }
static bool calloc_product(void) { return refused(calloc(top / 2, 3 * one)); }
static bool calloc_wraps_small(void) { return refused(calloc(top / 2 + 9, two)); }
static bool calloc_too_big(void) { return refused(calloc(TOO_BIG * one, 1)); }
static bool calloc_no_room(void) { return refused(calloc(NO_ROOM / 8 * one, 8)); }
static bool reallocarray_null(void) { return refused(reallocarray(NULL, top / 2, 3 * one)); }
static bool memalign_top(void) { return refused(memalign(64, top)); }
static bool memalign_sum(void) { return refused(memalign(4096, top - 4000)); }
static bool memalign_too_big(void) { return refused(memalign(64, TOO_BIG * one)); }
static bool memalign_no_room(void) { return refused(memalign(64, NO_ROOM * one)); }
static bool aligned_alloc_top(void) { return refused(aligned_alloc(32, top - 31)); }
static bool aligned_alloc_too_big(void) { return refused(aligned_alloc(4096, TOO_BIG * one)); }
static bool aligned_alloc_both(void) { return refused(aligned_alloc((size_t)1 << 40, TOO_BIG - 4096 * one)); }
static bool valloc_top(void) { return refused(valloc(top)); }
static bool valloc_too_big(void) { return refused(valloc(TOO_BIG * one)); }
static bool pvalloc_top(void) { return refused(pvalloc(top)); }
static bool pvalloc_rounding(void) { return refused(pvalloc(TOO_BIG - 100 * one)); }

static bool realloc_keeps(size_t size) {
    char *block = malloc(100);
    memset(block, 7, 100);
    errno = 0;
    bool ok = refused(realloc(block, size));
    for (int i = 0; ok && i < 100; i++)
        ok = block[i] == 7;
    return ok;
}

static bool realloc_top(void) { return realloc_keeps(top); }
static bool realloc_too_big(void) { return realloc_keeps(TOO_BIG * one); }
static bool realloc_no_room(void) { return realloc_keeps(NO_ROOM * one); }

static bool reallocarray_keeps(void) {
    char *block = malloc(100);
    memset(block, 7, 100);
    errno = 0;
    return refused(reallocarray(block, top / 2 + 2, two)) && block[99] == 7;
}

static bool posix_memalign_refuses(size_t align, size_t size) {
    static char anything;
    void *untouched = &anything, *result = untouched;
    return posix_memalign(&result, align, size) == ENOMEM && result == untouched;
}

static bool posix_memalign_top(void) { return posix_memalign_refuses(64, top); }
static bool posix_memalign_too_big(void) { return posix_memalign_refuses(8, TOO_BIG * one); }
static bool posix_memalign_no_room(void) { return posix_memalign_refuses(4096, NO_ROOM * one); }

/* Under RLIMIT_AS: the system, not the size, says no. */
static bool under_limit(bool (*check)(void)) {
    struct rlimit limit = {256 * MB, 256 * MB};
    if (setrlimit(RLIMIT_AS, &limit) != 0)
        give_up("setrlimit");
    errno = 0;
    return check();
}

static bool malloc_1g(void) { return refused(malloc(GB * one)); }
static bool calloc_1g(void) { return refused(calloc(GB * one, 1)); }
static bool realloc_1g(void) { return realloc_keeps(GB * one); }
static bool memalign_1g(void) { return refused(memalign(4096, GB * one)); }
static bool malloc_limited(void) { return under_limit(malloc_1g); }
static bool calloc_limited(void) { return under_limit(calloc_1g); }
static bool realloc_limited(void) { return under_limit(realloc_1g); }
static bool memalign_limited(void) { return under_limit(memalign_1g); }

#define CHECK(f) {#f, f}
static const struct {
    const char *name;
    bool (*run)(void);
} CHECKS[] = {
    CHECK(malloc_top),             CHECK(malloc_too_big),         CHECK(malloc_no_room),
    CHECK(malloc_near_top),        CHECK(calloc_product),         CHECK(calloc_wraps_small),
    CHECK(calloc_too_big),         CHECK(calloc_no_room),         CHECK(reallocarray_null),
    CHECK(reallocarray_keeps),     CHECK(realloc_top),            CHECK(realloc_too_big),
    CHECK(realloc_no_room),        CHECK(memalign_top),           CHECK(memalign_sum),
    CHECK(memalign_too_big),       CHECK(memalign_no_room),       CHECK(aligned_alloc_top),
    CHECK(aligned_alloc_too_big),  CHECK(aligned_alloc_both),     CHECK(valloc_top),
    CHECK(valloc_too_big),         CHECK(pvalloc_top),            CHECK(pvalloc_rounding),
    CHECK(posix_memalign_top),     CHECK(posix_memalign_too_big), CHECK(posix_memalign_no_room),
    CHECK(malloc_limited),         CHECK(calloc_limited),         CHECK(realloc_limited),
    CHECK(memalign_limited),
};

int main(void) {
    int failed = 0, count = sizeof CHECKS / sizeof CHECKS[0];
    char names[2048] = "";
    for (int i = 0; i < count; i++) {
        pid_t child = fork();
        if (child == 0) {
            free(malloc(1));
            errno = 0;
            _exit(CHECKS[i].run() ? 0 : 1);
        }
        int status;
        if (child < 0 || waitpid(child, &status, 0) != child)
            give_up("fork");
        if (status != 0) {
            size_t at = strlen(names);
            snprintf(names + at, sizeof names - at, "%s\"%s\"", failed ? ", " : "", CHECKS[i].name);
            failed++;
        }
    }
    printf("{\"failed\": %d, \"checks\": %d, \"names\": [%s]}\n", failed, count, names);
    return 0;
}
