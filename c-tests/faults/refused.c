/* The whole workload while an allocator that was built with refusals says no as its environment tells it; then
 * again without refusals, when all must succeed. Prints what happened. */
#include "workload.h"
#include <dlfcn.h>

static struct set mine, theirs[3];

int main(void)
{
    int (*refuse)(const char *) = (int (*)(const char *))dlsym(RTLD_DEFAULT, "pig_test_refuse");
    size_t (*refused)(void) = (size_t (*)(void))dlsym(RTLD_DEFAULT, "pig_test_refused");
    size_t (*counted)(void) = (size_t (*)(void))dlsym(RTLD_DEFAULT, "pig_test_counted");
    if (refuse == NULL || refused == NULL || counted == NULL)
        SKIP("no allocator that was built with refusals");
    mine.random = 1;
    mine.may_fail = 1;
    go_through_all(&mine, theirs, 70 * MIB);

    char text[128];
    size_t calls = counted(), refusals = refused();
    CHECK(refuse("") && refused() == refusals);
    mine.may_fail = 0;
    check_all(&mine);
    check_all(&theirs[0]);
    unsigned long nulls = answered_null;
    go_through_all(&mine, theirs + 1, 70 * MIB);
    let_all_go(&mine);
    let_all_go(&theirs[0]);
    int length = snprintf(text, sizeof text, "calls=%zu refused=%zu null=%lu blocks=%lu\n", calls, refusals, nulls,
                          answered_block);
    CHECK(answered_null == nulls && write(1, text, (size_t)length) == length);
    return 0;
}
