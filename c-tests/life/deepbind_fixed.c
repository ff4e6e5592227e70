/* The same in a program linked to fixed addresses that takes the address of free, and so stands for free itself. */
/* cflags: -fno-pie -no-pie */
#define main exchange_all
#include "life/deepbind_exchange.c"
#undef main

__attribute__((noinline)) static void call(void (*volatile function)(void *), void *block)
{
    function(block);
}

int main(int argc, char **argv)
{
    call(free, argc > 2 ? argv : NULL);
    return exchange_all();
}
