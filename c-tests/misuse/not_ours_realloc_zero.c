/* realloc to nothing of what malloc never gave. */
/* needs: pigalloc */
/* expect-signal: ABRT */
/* expect-stderr: realloc: not an allocated block: %p */
/* cases: stack data rodata libc mapping low unmapped non-canonical top before-heap */
#include "misuse/not_ours.h"

int main(int argc, char **argv)
{
    _Alignas(64) char on_stack[256] = "";
    void *pointer = not_ours(argc, argv, hide(on_stack));
    free(hide(realloc(pointer, hide_size(0))));
    unnoticed();
}
