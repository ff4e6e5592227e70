/* Zeroed tables in which next to nothing is written, all together again and again, cost what is touched of them and no
 * more: where few pages are resident zeroing by hand would fault in the rest. */
/* needs: pigalloc */
#include "faults.h"

enum { TABLES = 24, BURSTS = 24, LEARNT = 8, SIZE = 1100 * KIB };

static char *tables[TABLES];

int main(void)
{
    long first = 0;
    for (int time = 0; time < BURSTS; time++) {
        if (time == LEARNT)
            first = page_faults();
        for (int i = 0; i < TABLES; i++) {
            CHECK((tables[i] = calloc(1, SIZE)) != NULL);
            for (size_t at = 0; at < SIZE; at += 64 * KIB)
                CHECK(tables[i][at] == 0);
            tables[i][0] = 1;
        }
        for (int i = 0; i < TABLES; i++)
            free(tables[i]);
    }
    long each = (page_faults() - first) / (BURSTS - LEARNT) / TABLES;
    printf("%ld faults for each table\n", each);
    CHECK_AT_MOST(each, 40);
    return 0;
}
