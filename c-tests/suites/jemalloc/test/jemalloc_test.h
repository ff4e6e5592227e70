/* What jemalloc's integration tests take from its own headers, for those that use the standard interface: the
 * expectations, the list of tests, and answers to the few questions that they ask of mallctl. */
#ifndef SUITES_JEMALLOC_TEST_H
#define SUITES_JEMALLOC_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LG_SIZEOF_PTR 3
#define SIZE_T_MAX SIZE_MAX
#define BUFERROR_BUF 64
#define TEST_MALLOC_SIZE malloc_usable_size
#define JEMALLOC_DIAGNOSTIC_PUSH
#define JEMALLOC_DIAGNOSTIC_POP
#define JEMALLOC_DIAGNOSTIC_IGNORE_ALLOC_SIZE_LARGER_THAN

static bool test_is_good;

#define expect_that(condition, ...)                                                                                \
    do {                                                                                                            \
        if (!(condition)) {                                                                                         \
            test_is_good = false;                                                                                   \
            printf("%s:%d: not true: %s: ", __FILE__, __LINE__, #condition);                                        \
            printf(__VA_ARGS__);                                                                                    \
            putchar('\n');                                                                                          \
        }                                                                                                           \
    } while (0)
#define expect_true(a, ...) expect_that((a), __VA_ARGS__)
#define expect_false(a, ...) expect_that(!(a), __VA_ARGS__)
#define expect_d_eq(a, b, ...) expect_that((a) == (b), __VA_ARGS__)
#define expect_d_ne(a, b, ...) expect_that((a) != (b), __VA_ARGS__)
#define expect_ptr_null(a, ...) expect_that((a) == NULL, __VA_ARGS__)
#define expect_ptr_not_null(a, ...) expect_that((a) != NULL, __VA_ARGS__)
#define test_fail(...) expect_that(false, __VA_ARGS__)

typedef void test_function(void);
#define TEST_BEGIN(name)                                                                                           \
    static void name(void)                                                                                          \
    {                                                                                                               \
        const char *test_name = #name;                                                                              \
        test_is_good = true;
#define TEST_END                                                                                                   \
    printf("%s: %s\n", test_name, test_is_good ? "pass" : "fail");                                                  \
    }

#define test(...)                                                                                                  \
    ({                                                                                                              \
        test_function *const tests[] = {__VA_ARGS__};                                                               \
        run_tests(tests, sizeof tests / sizeof tests[0]);                                                           \
    })
__attribute__((unused)) static int run_tests(test_function *const *tests, size_t count)
{
    bool all_good = true;
    for (size_t i = 0; i < count; i++) {
        tests[i]();
        all_good = all_good && test_is_good;
    }
    return !all_good;
}

__attribute__((unused)) static void set_errno(int value)
{
    errno = value;
}

__attribute__((unused)) static int get_errno(void)
{
    return errno;
}

__attribute__((unused)) static void buferror(int error, char *text, size_t length)
{
    snprintf(text, length, "%s", strerror(error));
}

/* A purge gives back what is free; the largest class is the largest size that malloc may ever give. */
__attribute__((unused)) static int mallctl(const char *name, void *old, size_t *old_length, void *new_value,
                                           size_t new_length)
{
    (void)old_length, (void)new_value, (void)new_length;
    if (strcmp(name, "arenas.nlextents") == 0)
        *(unsigned *)old = 1;
    else if (strcmp(name, "arena.0.purge") == 0)
        malloc_trim(0);
    else
        return ENOENT;
    return 0;
}

__attribute__((unused)) static int mallctlnametomib(const char *name, size_t *mib, size_t *length)
{
    (void)mib, (void)length;
    return strcmp(name, "arenas.lextent.0.size") == 0 ? 0 : ENOENT;
}

__attribute__((unused)) static int mallctlbymib(const size_t *mib, size_t length, void *old, size_t *old_length,
                                                void *new_value, size_t new_length)
{
    (void)mib, (void)length, (void)old_length, (void)new_value, (void)new_length;
    *(size_t *)old = PTRDIFF_MAX;
    return 0;
}

#endif
