/* pig_option_get and pig_option_set read and change settings; unknown names are ENOENT, bad values EINVAL. */
/* needs: pigalloc */
/* env: PIGALLOC_DECAY_MS=1234 */
#include "test.h"
#include <pigalloc.h>

int main(void)
{
    long value = -7;
    errno = 33;
    CHECK(pig_option_get("DECAY_MS", &value) == 0 && value == 1234);
    CHECK(pig_option_get("decay_ms", &value) == 0 && value == 1234);
    CHECK(pig_option_set("DECAY_MS", 10) == 0);
    CHECK(pig_option_get("DECAY_MS", &value) == 0 && value == 10);
    CHECK(pig_option_set("DECAY_MS", -1) == EINVAL && pig_option_set("DECAY_MS", 3600001) == EINVAL);
    CHECK(pig_option_get("DECAY_MS", &value) == 0 && value == 10);
    CHECK(pig_option_get("DIRTY_MB", &value) == 0 && value == 32);
    CHECK(pig_option_get("SHARE", &value) == 0 && value == 256);
    CHECK(pig_option_get("HUGE", &value) == 0 && value == 0);
    CHECK(pig_option_get("NO_SUCH", &value) == ENOENT && pig_option_set("NO_SUCH", 1) == ENOENT);
    CHECK(pig_option_get("", &value) == ENOENT && pig_option_get("DECAY_MSX", &value) == ENOENT);
    CHECK(pig_option_get(NULL, &value) == EINVAL && pig_option_get("SHARE", NULL) == EINVAL);
    CHECK(pig_option_set(NULL, 1) == EINVAL && pig_option_set("HELP", 1) == EINVAL);
    CHECK(errno == 33);
    return 0;
}
