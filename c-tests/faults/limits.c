/* The workload where the system itself says no:
 *
 *     limits exhaust MOST_MIB      until NULL, twice, with several sizes; under a limit of the caller's
 *     limits maps LEFT             when a process may have only so many more mappings
 *     limits locked MIB            when all memory is to be locked, and so much may be
 *     limits bare                  without any descriptor, and none to be had
 *     limits filter CALL ERROR     when a filter refuses a system call with an error
 *     limits live MIB              so much live, through phases of other sizes; under a limit of the caller's
 *
 * The first word on stdout tells that the program has started. */
#include "workload.h"
#include "life/seccomp.h"
#include <sys/resource.h>

static struct set mine, theirs[2];

static void go(int may_fail)
{
    mine.random = 1;
    mine.may_fail = may_fail;
    go_through_all(&mine, theirs, 70 * MIB);
}

static void go_without_limit(void)
{
    mine.may_fail = 0;
    check_all(&mine);
    go_through(&mine, 70 * MIB);
    let_all_go(&mine);
}

struct cell {
    struct cell *next;
    uintptr_t key;
};

/* Both ends of a block tell its address; the bytes of all that there were. */
static size_t exhaust(size_t size, size_t most)
{
    struct cell *first = NULL, *cell;
    size_t total = 0;
    for (; total < most; total += size) {
        errno = 0;
        cell = malloc(size);
        if (cell == NULL) {
            CHECK(errno == ENOMEM);
            break;
        }
        *(uintptr_t *)((char *)cell + size - sizeof(uintptr_t)) = (uintptr_t)cell * 7;
        *cell = (struct cell){first, (uintptr_t)cell * 3};
        first = cell;
    }
    while ((cell = first) != NULL) {
        first = cell->next;
        CHECK(cell->key == (uintptr_t)cell * 3);
        CHECK(*(uintptr_t *)((char *)cell + size - sizeof(uintptr_t)) == (uintptr_t)cell * 7);
        free(cell);
    }
    return total;
}

/* Whatever one size got, each other one gets at least half of that. */
static void exhaust_all(size_t most)
{
    static const size_t sizes[] = {60000, 5000, 200000, 1 * MIB, 320, 40 * MIB, 60000, 5000};
    size_t got = exhaust(sizes[0], most);
    for (size_t i = 1; i < COUNT(sizes); i++) {
        size_t now = exhaust(sizes[i], sizes[i] < 1000 && most > 256 * MIB ? 256 * MIB : most);
        size_t wanted = got < 256 * MIB ? got / 2 : 128 * MIB;
        if (got >= 16 * MIB && sizes[i] <= got / 8 && now < wanted) {
            char text[128];
            snprintf(text, sizeof text, "blocks of %zu bytes got %zu KiB, of %zu bytes %zu KiB", sizes[0],
                     got / KIB, sizes[i], now / KIB);
            quit(1, __FILE__, __LINE__, text);
        }
    }
}

/* Room for a long list that takes no memory before it is used, nor from the allocator. */
static void *list_of(size_t count, size_t size)
{
    void *list = mmap(NULL, count * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(list != MAP_FAILED);
    return list;
}

/* Makes mappings that cannot be merged until no more can be had, then gives some back. */
static void use_up_mappings(size_t left)
{
    enum { MOST = 1 << 17 };
    size_t count = 0;
    char **page = list_of(MOST, sizeof *page);
    touch(page, MOST * sizeof *page);
    while (count < MOST) {
        int protection = count % 2 ? PROT_READ : PROT_NONE;
        char *map = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (map == MAP_FAILED)
            break;
        page[count++] = map;
    }
    if (count == MOST)
        SKIP("a process may have more than 131,072 mappings");
    size_t used = count;
    for (size_t i = 0; i < left && used > 0; i++)
        munmap(page[--used], 4096);
    go(1);
    while (used > 0)
        munmap(page[--used], 4096);
    go_without_limit();
}

static void lock_all(size_t bytes)
{
    struct rlimit limit = {bytes, bytes};
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        SKIP("RLIMIT_MEMLOCK may not be raised here");
    if (geteuid() == 0)
        CHECK(setresuid(65534, 65534, 65534) == 0);
    if (mlockall(MCL_FUTURE) != 0)
        SKIP("memory may not be locked here");
    go(1);
}

static void close_all(void)
{
    struct rlimit none = {0, 0};
    for (int file = 0; file < 1024; file++)
        close(file);
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    go(0);
}

static void refuse(const char *call, const char *error, char **argv)
{
    static const struct {
        const char *name;
        int number, at_start;
    } calls[] = {{"mmap", SYS_mmap, 0},       {"munmap", SYS_munmap, 0},   {"mprotect", SYS_mprotect, 0},
                 {"madvise", SYS_madvise, 1}, {"mremap", SYS_mremap, 1},   {"prlimit64", SYS_prlimit64, 1},
                 {"clock_gettime", SYS_clock_gettime, 1}};
    size_t which = 0;
    while (which < COUNT(calls) && strcmp(calls[which].name, call) != 0)
        which++;
    CHECK(which < COUNT(calls));
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[which].number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)atoi(error)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT(filter), filter};
    if (getenv("FILTERED") == NULL) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
            SKIP("seccomp filters are not allowed here");
        if (calls[which].at_start) {
            CHECK(setenv("FILTERED", "1", 1) == 0);
            execv("/proc/self/exe", argv);
            quit(1, __FILE__, __LINE__, "the program cannot start under the filter");
        }
    }
    go(1);
    check_all(&mine);
    let_all_go(&mine);
}

/* Phase by phase the oldest blocks die, and others of another size come in their place. */
static void live(size_t bytes)
{
    static const size_t middle[] = {600, 3000, 1200, 20000, 900, 6000};
    enum { MOST = 1 << 22 };
    struct queued {
        char *block;
        size_t size;
    } *queue = list_of(MOST, sizeof *queue);
    unsigned long state = 2024;
    size_t total = 0, next = 0, oldest = 0;
    for (size_t phase = 0; phase < COUNT(middle); phase++)
        for (size_t churned = 0; churned < 2 * bytes;) {
            size_t size = middle[phase] / 2 + next_random(&state) % middle[phase];
            for (; total + size > bytes; oldest++) {
                CHECK(queue[oldest].block[0] == (char)queue[oldest].size);
                free(queue[oldest].block);
                total -= queue[oldest].size;
            }
            CHECK(next < MOST);
            queue[next] = (struct queued){malloc(size), size};
            CHECK(queue[next].block != NULL);
            memset(queue[next++].block, (char)size, size);
            total += size;
            churned += size;
        }
}

int main(int argc, char **argv)
{
    CHECK(write(1, "started\n", 8) == 8 && argc >= 2);
    size_t number = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 0;
    if (strcmp(argv[1], "exhaust") == 0)
        exhaust_all(number * MIB);
    else if (strcmp(argv[1], "maps") == 0)
        use_up_mappings(number);
    else if (strcmp(argv[1], "locked") == 0)
        lock_all(number * MIB);
    else if (strcmp(argv[1], "bare") == 0)
        close_all();
    else if (strcmp(argv[1], "filter") == 0 && argc == 4)
        refuse(argv[2], argv[3], argv);
    else if (strcmp(argv[1], "live") == 0)
        live(number * MIB);
    else
        quit(2, "", 0, "no such mode");
    return 0;
}
