/* free, realloc and malloc_usable_size of thousands of addresses that are no blocks: around and inside every mapping
 * of the process, so in the reserved, committed and private parts of the allocator's own, and all over the 64 bits.
 * Each is reported, with the address; none is followed. */
/* needs: pigalloc */
/* cases: free realloc malloc_usable_size */
/* timeout: 120 */
#include "misuse/misuse.h"

enum { MOST = 3000, RANDOM = 400 };

static const char *function;
static uintptr_t addresses[MOST];
static size_t address_count;

static void add(uintptr_t address)
{
    CHECK(address_count < MOST);
    if (address != 0)
        addresses[address_count++] = address;
}

/* Mappings of the allocator's may hold starts of free blocks, which look like blocks; no block starts at an
 * odd multiple of eight. libc's brk heap is left out: what it makes of its own is its affair. */
static void add_mappings(void)
{
    static char text[1 << 20];
    read_file("/proc/self/maps", text, sizeof text);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        unsigned long start = 0, end = 0;
        CHECK(sscanf(line, "%lx-%lx", &start, &end) == 2);
        if (strstr(line, "[heap]") != NULL)
            continue;
        for (size_t part = 0; part < 4; part++)
            add((start + (end - start) / 4 * part) | 8);
        add(start - 8);
        add(end - 8);
        add(end - 1);
        add(end | 8);
        add(end - 4096 + 1);
    }
}

/* Powers of two and their sums with a block's address, which lies in the middle of the first arena's units. */
static void add_powers(uintptr_t block)
{
    for (int bit = 0; bit < 64; bit++) {
        uintptr_t power = (uintptr_t)1 << bit;
        add(power | 8);
        add(power - 1);
        add(-power);
        if (bit >= 34) {
            add(block + power);
            add(block - power);
            add(block ^ power);
        }
    }
}

static void add_random(uintptr_t block)
{
    unsigned long state = 1;
    for (size_t i = 0; i < RANDOM; i++) {
        add(next_random(&state) | 8);
        add((next_random(&state) >> 17) | 8);
        add((block & ~(uintptr_t)0xffffffffff) + ((next_random(&state) >> 24) | 8));
    }
}

/* How a child ends that misuses an address, and what it said. */
static void try(uintptr_t address)
{
    char said[256], wanted[256];
    int ends[2], status = 0;
    size_t length = 0;
    ssize_t got;
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 2);
        void *pointer = hide((void *)address);
        if (function[0] == 'f')
            free(pointer);
        else if (function[0] == 'r')
            hide(realloc(pointer, 500));
        else
            hide_size(malloc_usable_size(pointer));
        _exit(EXIT_UNNOTICED);
    }
    close(ends[1]);
    while ((got = read(ends[0], said + length, sizeof said - 1 - length)) > 0)
        length += (size_t)got;
    said[length] = 0;
    close(ends[0]);
    CHECK(waitpid(child, &status, 0) == child);
    const char *problems[] = {"not an allocated block", "pointer inside a block",
                              function[0] == 'f' ? "double free" : "use of a freed block"};
    for (size_t i = 0; i < COUNT(problems); i++) {
        snprintf(wanted, sizeof wanted, "pigalloc: %s: %s: 0x%lx\n", function, problems[i], (unsigned long)address);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strcmp(said, wanted) == 0)
            return;
    }
    snprintf(wanted, sizeof wanted, "%s of 0x%lx: status 0x%x, said '%.100s'", function, (unsigned long)address,
             (unsigned)status, said);
    quit(1, __FILE__, __LINE__, wanted);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    function = argv[1];
    /* One of each kind, live and dead, so that there is all that a pointer could hit. */
    for (size_t size = 1; size <= 64 * MIB; size = size * 3 + 1) {
        free(hide(malloc(size)));
        CHECK(malloc(size) != NULL);
    }
    uintptr_t block = (uintptr_t)malloc(100);
    add_mappings();
    add_powers(block);
    add_random(block);
    for (size_t i = 0; i < address_count; i++)
        try(addresses[i]);
    return 0;
}
