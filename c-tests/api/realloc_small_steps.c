/* A block that grows by little at a time, as a text that is written does, keeps what is in it, hardly ever moves, and can
 * be as small again. */
#include "test.h"

enum { LARGEST = 300 * KIB, MOVES = 30 };

static void *grow(void *unused)
{
    (void)unused;
    unsigned char *text = NULL;
    size_t length = 0, moves = 0;
    unsigned long state = 7;
    while (length < LARGEST) {
        size_t more = length + 1 + next_random(&state) % 120;
        unsigned char *now = realloc(text, more);
        CHECK(now != NULL);
        moves += now != text;
        for (size_t i = length; i < more; i++)
            now[i] = (unsigned char)(i * 7 + (i >> 8));
        text = now;
        length = more;
    }
    for (size_t i = 0; i < length; i++)
        CHECK(text[i] == (unsigned char)(i * 7 + (i >> 8)));
    while (length > 100) {
        length -= 1 + next_random(&state) % (length / 20 + 1);
        CHECK((text = realloc(text, length)) != NULL);
        CHECK(text[0] == 0 && text[length - 1] == (unsigned char)((length - 1) * 7 + ((length - 1) >> 8)));
    }
    free(text);
    CHECK_AT_MOST(moves, MOVES);
    return NULL;
}

int main(void)
{
    grow(NULL);
    finish(start(grow, NULL));
    return 0;
}
