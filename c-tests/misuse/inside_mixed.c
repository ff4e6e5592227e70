/* free of a pointer into a block that stands in a hole of another size. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: pointer inside a block: %p */
/* cases: 8 16 64 192 */
#include "misuse/misuse.h"
#include "mixed.h"

int main(int argc, char **argv)
{
    make_mixed();
    size_t at = find_mixed();
    CHECK(at < OTHERS);
    free(announce(others[at] + size_of(argc, argv)));
    unnoticed();
}
