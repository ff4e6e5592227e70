/* The last calls come after main: in atexit handlers and in destructors, with blocks of before. */
/* expect-stdout: handler destructor */
#include "test.h"

static void *kept;

static void work(const char *word)
{
    kept = realloc(kept, 70000);
    CHECK(kept != NULL && holds(kept, 100, 6));
    for (size_t i = 1; i < 2000; i++)
        free(malloc(i * 17));
    CHECK(write(1, word, strlen(word)) > 0);
}

static void handler(void)
{
    work("handler ");
}

__attribute__((destructor)) static void after_all(void)
{
    work("destructor");
    free(kept);
}

int main(void)
{
    kept = malloc(100);
    CHECK(kept != NULL && atexit(handler) == 0);
    fill(kept, 100, 6);
    return 0;
}
