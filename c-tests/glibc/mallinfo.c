/* mallinfo tells the same numbers as mallinfo2 in its smaller fields. */
/* cflags: -Wno-deprecated-declarations */
#include "test.h"

int main(void)
{
    static void *blocks[10000];
    struct mallinfo before = mallinfo();
    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i] = malloc(1000);
        CHECK(blocks[i] != NULL);
    }
    struct mallinfo during = mallinfo();
    struct mallinfo2 wide = mallinfo2();
    CHECK((size_t)during.uordblks == wide.uordblks && (size_t)during.hblkhd == wide.hblkhd);
    CHECK((size_t)during.arena == wide.arena && (size_t)during.fordblks == wide.fordblks);
    CHECK(during.uordblks + during.hblkhd >= before.uordblks + before.hblkhd + 9900000);
    for (size_t i = 0; i < COUNT(blocks); i++)
        free(blocks[i]);
    struct mallinfo after = mallinfo();
    CHECK(after.uordblks + after.hblkhd < before.uordblks + before.hblkhd + 300000);
    return 0;
}
