/* What was resident with a huge page goes back when parts of it do, used before or not; and what grows again is on huge
 * pages again. */
/* needs: pigalloc */
/* cases: goes_back comes_again */
/* env: PIGALLOC_DECAY_MS=20 */
#include "faults.h"

enum { MOST = 32000, SIZE = 1000, KEPT = 200 };

static char *blocks[MOST];

static void take(int count)
{
    for (int i = 0; i < count; i++)
        if (blocks[i] == NULL) {
            blocks[i] = malloc(SIZE);
            CHECK(blocks[i] != NULL);
            memset(blocks[i], 1, SIZE);
        }
}

static void drop_all_but_one_in(int kept, int count)
{
    for (int i = 0; i < count; i++)
        if (i % kept != 0) {
            free(blocks[i]);
            blocks[i] = NULL;
        }
}

/* Time passes, and the program goes on a little, so that the allocator sees it. */
static void pass_time(void)
{
    for (int tick = 0; tick < 6; tick++) {
        sleep_ms(30);
        for (int i = 0; i < 40; i++)
            free(hide(malloc(70000)));
    }
}

/* Heaps of many sizes, so that their last region is used up to anywhere. */
static void goes_back(void)
{
    for (int count = 5000; count <= 9000; count += 500) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            size_t before = resident_kib();
            take(count);
            drop_all_but_one_in(KEPT, count);
            pass_time();
            CHECK_AT_MOST(resident_kib() - before, 1000);
            _exit(0);
        }
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
}

/* Kibibytes of mappings for which the system is told to give some. */
static size_t kib_advised(void)
{
    char line[256];
    size_t size = 0, advised = 0;
    FILE *file = fopen("/proc/self/smaps", "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        (void)sscanf(line, "Size: %zu", &size);
        if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " hg") != NULL)
            advised += size;
    }
    fclose(file);
    return advised;
}

int main(int argc, char **argv)
{
    need_huge_pages(6, 1);
    if (argc > 1 && strcmp(argv[1], "goes_back") == 0) {
        goes_back();
        return 0;
    }
    take(MOST);
    size_t before = kib_advised();
    CHECK(kib_on_huge_pages() >= 20 * KIB && before >= 20 * KIB);
    drop_all_but_one_in(20, MOST);
    pass_time();
    CHECK_AT_MOST(kib_on_huge_pages(), 6 * KIB);
    take(MOST);
    CHECK(kib_advised() + 6 * KIB >= before);
    return 0;
}
