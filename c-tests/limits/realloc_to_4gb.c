/* Growing one buffer to 4 GiB by realloc in small steps remaps and does not copy: quick, and without touching memory. */
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
        buffer[next - 1] = (unsigned char)(next >> 20);
        CHECK(size < step || buffer[size - 1] == (unsigned char)(size >> 20));
        size = next;
    }
    CHECK_AT_MOST((seconds() - began) * 1000, 5000);
    CHECK_AT_MOST(resident_kib(), before + 64 * KIB);
    free(buffer);
    CHECK_AT_MOST(resident_kib(), before + 16 * KIB);
    return 0;
}
