/* A library whose constructor registers more fork handlers than libc has places for. */
#include <pthread.h>
#include <unistd.h>

static void nothing(void) {}

__attribute__((constructor)) static void loaded(void)
{
    for (int i = 0; i < 200; i++)
        if (pthread_atfork(nothing, nothing, nothing) != 0)
            _exit(3);
}
