/* Growing one buffer to 4 GiB by realloc in small steps remaps and does not copy: quick, and
 * without touching memory. */
#include "test.h"

int main(void)
{
    size_t before = resident_kib(), size = 4096, step = 8 * MIB;
    unsigned char *buffer = malloc(size);
    double began = seconds();
    CHECK(buffer != NULL);
    buffer[0] = 99;
    while (size < 4 * GIB) {
        size_t next = size < step ? size * 2 : size + step;
        buffer = realloc(buffer, next);
        CHECK(buffer != NULL && buffer[0] == 99);
        /* A touched byte may cost a huge page: 64 of them are enough to see that the content goes along. */
        if (next / (64 * MIB) > size / (64 * MIB))
            buffer[next / (64 * MIB) * 64 * MIB - 1] = (unsigned char)(next >> 26);
        size = next;
    }
    for (size_t i = 1; i <= 64; i++)
        CHECK(buffer[i * 64 * MIB - 1] == i);
    CHECK_AT_MOST((seconds() - began) * 1000, 5000);
    CHECK_AT_MOST(resident_kib(), before + 256 * KIB);
    free(buffer);
    CHECK_AT_MOST(resident_kib(), before + 16 * KIB);
    return 0;
}
