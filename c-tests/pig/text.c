/* pig_stats_text and pig_stats_json tell the length they need, write no more than they are given, and end
 * by NUL. */
/* needs: pigalloc */
#include "test.h"
#include <pigalloc.h>

static void check(size_t (*format)(char *, size_t))
{
    static char whole[100000], part[100000];
    size_t length = format(NULL, 0);
    CHECK(length > 50 && length < sizeof whole - 1000);
    length = format(whole, sizeof whole);
    CHECK(strlen(whole) == length);
    for (size_t n = 0; n < 200; n++) {
        memset(part, 'x', sizeof part);
        CHECK(format(part, n) >= 50);
        CHECK(n == 0 || strlen(part) == n - 1);
        CHECK(part[n] == 'x');
    }
}

int main(void)
{
    errno = 44;
    check(pig_stats_text);
    check(pig_stats_json);
    CHECK(errno == 44);
    return 0;
}
