/* A program linked with pigalloc: cc example.c $(pkg-config --cflags --libs pigalloc) */
#include <pigalloc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char *text = malloc(100);
    if (text == NULL)
        return EXIT_FAILURE;
    strcpy(text, "hello");
    printf("%s from pigalloc %s, %s block\n", text, pig_version(), pig_is_ours(text) ? "its own" : "a foreign");

    pig_stats_t stats = {.size = sizeof stats};
    if (pig_stats_get(&stats) != 0 || stats.live_blocks == 0)
        return EXIT_FAILURE;
    free(text);
    return EXIT_SUCCESS;
}
