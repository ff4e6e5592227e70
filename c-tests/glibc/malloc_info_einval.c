/* malloc_info with any other option fails with EINVAL and writes nothing. */
/* expect-stdout:  */
#include "test.h"

int main(void)
{
    static const int options[] = {1, 2, -1, INT_MAX, INT_MIN};
    for (size_t i = 0; i < COUNT(options); i++) {
        errno = 0;
        int result = malloc_info(options[i], stdout);
        CHECK(result == EINVAL || (result == -1 && errno == EINVAL));
    }
    return 0;
}
