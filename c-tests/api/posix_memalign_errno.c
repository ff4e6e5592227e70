/* posix_memalign tells ENOMEM by its return value alone: errno and the caller's pointer stay as they were. */
/* beyond-glibc: its posix_memalign sets errno to ENOMEM */
#include "test.h"

int main(void)
{
    int mark;
    void *block = &mark;
    errno = 1234;
    CHECK(posix_memalign(&block, 64, hide_size(SIZE_MAX)) == ENOMEM);
    CHECK(posix_memalign(&block, 8, hide_size((size_t)PTRDIFF_MAX + 1)) == ENOMEM);
    CHECK(posix_memalign(&block, 4096, hide_size(PTRDIFF_MAX)) == ENOMEM);
    CHECK(posix_memalign(&block, 4096, hide_size(PTRDIFF_MAX / 2)) == ENOMEM);
    CHECK(block == &mark);
    CHECK(errno == 1234);
    return 0;
}
