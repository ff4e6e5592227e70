/* malloc_info may write to a stream that itself allocates, while other threads allocate: it holds no lock
 * as it prints. */
#include "test.h"

static volatile int stop;
static size_t written;

static ssize_t allocating_write(void *cookie, const char *text, size_t size)
{
    (void)cookie;
    (void)text;
    for (size_t i = 1; i < 3000; i += 13) {
        void *block = malloc(i * 11);
        CHECK(block != NULL);
        fill(block, i, 1);
        free(block);
    }
    written += size;
    return (ssize_t)size;
}

static void *churn(void *unused)
{
    unsigned long state = 99;
    while (!stop)
        free(malloc(next_random(&state) % 100000));
    return unused;
}

int main(void)
{
    pthread_t threads[2] = {start(churn, NULL), start(churn, NULL)};
    cookie_io_functions_t functions = {NULL, allocating_write, NULL, NULL};
    for (int round = 0; round < 30; round++) {
        FILE *stream = fopencookie(NULL, "w", functions);
        CHECK(stream != NULL);
        setvbuf(stream, NULL, round % 2 ? _IONBF : _IOFBF, 256);
        CHECK(malloc_info(0, stream) == 0);
        fclose(stream);
        char *text = NULL;
        size_t size = 0;
        stream = open_memstream(&text, &size);
        CHECK(stream != NULL && malloc_info(0, stream) == 0);
        fclose(stream);
        CHECK(size > 20 && strstr(text, "</malloc>") != NULL);
        free(text);
    }
    CHECK(written > 600);
    stop = 1;
    finish(threads[0]);
    finish(threads[1]);
    return 0;
}
