/* malloc_info(0, stream) writes well-formed XML. */
/* expect-xml: malloc */
#include "test.h"

int main(void)
{
    for (size_t i = 1; i < 3000; i++)
        if (malloc(i * 7) == NULL)
            return 1;
    CHECK(malloc_info(0, stdout) == 0);
    return 0;
}
