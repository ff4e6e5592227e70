/* free of what malloc never gave: stack, static data, code, foreign mappings, wild pointers. None of them
 * is read. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: free: not an allocated block: %p */
/* cases: stack stack+1 data bss rodata tls code libc argv mapping one null-page low unmapped */
/* cases: last-canonical non-canonical non-canonical-middle kernel top top-aligned before-heap after-heap */
/* cases: high-bit bit-flip-40 unused-in-heap */
#include "misuse/not_ours.h"

int main(int argc, char **argv)
{
    _Alignas(64) char on_stack[256] = "";
    void *pointer = not_ours(argc, argv, hide(on_stack));
    free(pointer);
    unnoticed();
}
