/* Prints the statistics as JSON, for stats_json.py. */
/* needs: pigalloc */
#include "test.h"
#include <pigalloc.h>

int main(void)
{
    static char text[100000];
    void *block = malloc(12345);
    CHECK(block != NULL && pig_stats_json(text, sizeof text) < sizeof text);
    puts(text);
    return 0;
}
