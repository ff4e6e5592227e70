/* Pointers that malloc never gave, by name. */
#ifndef C_TESTS_NOT_OURS_H
#define C_TESTS_NOT_OURS_H

#include "misuse/misuse.h"

static _Alignas(64) char in_data[256] = "not from malloc";
static _Alignas(64) char in_bss[256];
static const _Alignas(64) char in_rodata[256] = "constant";
static __thread _Alignas(64) char in_tls[256];

static inline void *not_ours(int argc, char **argv, void *stack)
{
    CHECK(argc == 2);
    const char *name = argv[1];
    uintptr_t block = (uintptr_t)malloc(100), page = 4096;
    CHECK(block != 0);
    const struct {
        const char *name;
        uintptr_t pointer;
    } places[] = {
        {"stack", (uintptr_t)stack},
        {"stack+1", (uintptr_t)stack + 1},
        {"data", (uintptr_t)in_data},
        {"bss", (uintptr_t)in_bss},
        {"rodata", (uintptr_t)in_rodata},
        {"tls", (uintptr_t)in_tls},
        {"code", (uintptr_t)hide((void *)(uintptr_t)quit)},
        {"libc", (uintptr_t)stdout},
        {"argv", (uintptr_t)argv},
        {"mapping", (uintptr_t)mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)},
        {"one", 1},
        {"null-page", 16},
        {"low", 0x10000},
        {"unmapped", 0x123456789ab0},
        {"last-canonical", 0x7ffffffffff0},
        {"non-canonical", 0x0000800000000000},
        {"non-canonical-middle", 0x4141414141414140},
        {"kernel", 0xffff800000000000},
        {"top", UINTPTR_MAX},
        {"top-aligned", UINTPTR_MAX - 15},
        {"before-heap", block - ((uintptr_t)1 << 42)},
        {"after-heap", block + ((uintptr_t)1 << 43)},
        {"high-bit", block | (uintptr_t)1 << 63},
        {"bit-flip-40", block ^ (uintptr_t)1 << 40},
        {"unused-in-heap", (block & ~(uintptr_t)0xffff) + 900 * MIB},
    };
    for (size_t i = 0; i < COUNT(places); i++)
        if (strcmp(places[i].name, name) == 0)
            return announce(keep((void *)places[i].pointer, 1));
    quit(2, __FILE__, __LINE__, name);
}

#endif
