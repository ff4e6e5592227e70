/* pig_version is three numbers with dots. */
/* needs: pigalloc */
#include "test.h"
#include <pigalloc.h>

int main(void)
{
    int major, minor, patch;
    CHECK(sscanf(pig_version(), "%d.%d.%d", &major, &minor, &patch) == 3);
    CHECK(pig_version() == pig_version());
    return 0;
}
