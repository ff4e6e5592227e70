/* What lies on small pages since parts of it went back is put on huge ones when it is in use again, and stays so; but
 * not while there are gaps in it, or while another process has it, too. What went back nearly whole comes by huge pages
 * again, whether there was a fork or not. */
/* needs: pigalloc */
/* cases: filled gaps corners child daemon after_fork snapshot */
#include "faults.h"
#include <pigalloc.h>

enum { SIZE = 1024, COUNT_MOST = 64 * MIB / SIZE, KEPT = 60, REGION = 2 * MIB, SLAB = 64 * KIB };

static char *blocks[COUNT_MOST];

static void fill_up(void)
{
    for (size_t i = 0; i < COUNT_MOST; i++) {
        if (blocks[i] != NULL)
            continue;
        CHECK((blocks[i] = malloc(SIZE)) != NULL);
        memset(blocks[i], 1, SIZE);
    }
}

static size_t on_huge_pages(void)
{
    size_t bytes = kib_on_huge_pages() * KIB;
    printf("%.1f MiB on huge pages\n", (double)bytes / MIB);
    return bytes;
}

static void drop(size_t i)
{
    free(blocks[i]);
    blocks[i] = NULL;
}

/* In each region slabs come and go. */
static void come_and_go(void)
{
    static void *some[COUNT_MOST];
    for (int time = 0; time < 4; time++) {
        size_t count = COUNT_MOST * SIZE / REGION * 2 * SLAB / SIZE;
        for (size_t i = 0; i < count; i++) {
            CHECK((some[i] = malloc(SIZE * 2)) != NULL);
            memset(some[i], 1, SIZE * 2);
        }
        for (size_t i = 0; i < count; i++)
            free(some[i]);
    }
}

/* Of each region all between these goes. */
static void drop_from(size_t from, size_t to)
{
    for (size_t i = 0; i < COUNT_MOST; i++)
        if (blocks[i] != NULL && (uintptr_t)blocks[i] % REGION >= from && (uintptr_t)blocks[i] % REGION < to)
            drop(i);
}

/* In each region a slab comes and goes. */
static void replace_slabs(void)
{
    for (int time = 0; time < 2; time++) {
        drop_from(0, SLAB);
        fill_up();
    }
}

/* What is shared with a child is not copied for the sake of huge pages. */
static void share(void)
{
    drop_from(REGION / 4 * 3, REGION);
    pig_purge();
    fill_up();
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        replace_slabs();
        CHECK_AT_MOST((size_t)proc_number("/proc/self/smaps_rollup", "Private_Dirty:") * KIB, 24 * MIB);
        _exit(0);
    }
    wait_ok(child);
}

/* Larger blocks, of which little is used the second time: what nobody touched stays away. */
static void use_corners(void)
{
    enum { LARGER = 32 * KIB, N = 64 * MIB / LARGER };
    for (int i = 0; i < N; i++) {
        CHECK((blocks[i] = malloc(LARGER)) != NULL);
        memset(blocks[i], 1, LARGER);
    }
    drop_from(REGION / 4 * 3, REGION);
    pig_purge();
    size_t before = resident_kib() * KIB;
    for (int time = 0; time < 8; time++) {
        for (int i = 0; i < N; i++)
            if (blocks[i] == NULL) {
                CHECK((blocks[i] = malloc(LARGER)) != NULL);
                blocks[i][0] = 1;
            }
        drop_from(0, REGION / 8);
    }
    CHECK_AT_MOST(resident_kib() * KIB, before + 8 * MIB);
}

/* One block in each region stays while the rest goes back. */
static void grow_after_fork(void)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        _exit(0);
    wait_ok(child);
    drop_from(SIZE, REGION);
    pig_purge();
    long first = page_faults();
    fill_up();
    CHECK_AT_MOST(page_faults() - first, (size_t)COUNT_MOST * SIZE / (4 * KIB) / 2);
}

/* Of each region a half stays, and a child has it, too, while the parent grows into the rest: that alone is its own. */
static void grow_beside_child(void)
{
    drop_from(REGION / 32 * 15, REGION);
    pig_purge();
    int ends[2];
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        /* Until the parent has looked. */
        char byte;
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) != 0);
    }
    close(ends[0]);
    size_t before = (size_t)proc_number("/proc/self/smaps_rollup", "Private_Dirty:") * KIB;
    fill_up();
    size_t after = (size_t)proc_number("/proc/self/smaps_rollup", "Private_Dirty:") * KIB;
    close(ends[1]);
    wait_ok(child);
    printf("%.1f MiB of its own before, %.1f after\n", (double)before / MIB, (double)after / MIB);
    CHECK_AT_MOST(after - before, (size_t)COUNT_MOST * SIZE / 32 * 17 + 6 * MIB);
}

int main(int argc, char **argv)
{
    need_huge_pages(6, 1);
    if (argc > 1 && strcmp(argv[1], "daemon") == 0) {
        /* What it has of its own from now on is its alone. */
        free(hide(malloc(SIZE)));
        pid_t child = fork();
        CHECK(child >= 0);
        if (child != 0) {
            wait_ok(child);
            return 0;
        }
    }
    if (argc > 1 && strcmp(argv[1], "corners") == 0) {
        use_corners();
        return 0;
    }
    fill_up();
    CHECK(on_huge_pages() >= (size_t)COUNT_MOST * SIZE / 2);
    if (argc > 1 && strcmp(argv[1], "after_fork") == 0) {
        grow_after_fork();
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "snapshot") == 0) {
        grow_beside_child();
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "child") == 0) {
        share();
        return 0;
    }
    /* One block in each slab stays. */
    for (size_t i = 0; i < COUNT_MOST; i++)
        if (i % KEPT != 0)
            drop(i);
    pig_purge();
    CHECK_AT_MOST(on_huge_pages(), (size_t)COUNT_MOST * SIZE / 4);
    if (argc > 1 && strcmp(argv[1], "gaps") == 0) {
        size_t before = resident_kib() * KIB;
        for (int time = 0; time < 4; time++) {
            drop_from(0, SLAB);
            come_and_go();
        }
        CHECK_AT_MOST(resident_kib() * KIB, before + 16 * MIB);
        return 0;
    }
    fill_up();
    replace_slabs();
    CHECK(on_huge_pages() >= (size_t)COUNT_MOST * SIZE / 2);
    return 0;
}
