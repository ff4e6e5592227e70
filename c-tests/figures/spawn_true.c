/* Microseconds of a run of /bin/true under each of several allocators.
 *
 * spawn_true RUNS LIB...: LIB is the path of an object to preload or - for none. The libraries take turns,
 * in an order that rotates by one with every run; the figure is the median of each. */
#include "figure.h"
#include <spawn.h>

enum { MOST_LIBS = 64, MOST_RUNS = 5000 };

static double times[MOST_LIBS][MOST_RUNS];

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double run(const char *lib) {
    char preload[4096];
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", lib);
    char *const argv[] = {"true", NULL};
    char *const bare[] = {"GLIBC_TUNABLES=glibc.pthread.rseq=0", NULL};
    char *const with[] = {"GLIBC_TUNABLES=glibc.pthread.rseq=0", preload, NULL};
    pid_t child;
    int status;
    double begin = now();
    errno = posix_spawn(&child, "/bin/true", NULL, NULL, argv, strcmp(lib, "-") == 0 ? bare : with);
    if (errno != 0 || waitpid(child, &status, 0) != child || status != 0)
        give_up(lib);
    return (now() - begin) * 1e6;
}

int main(int argc, char **argv) {
    int libs = argc - 2, runs = argc > 2 ? atoi(argv[1]) : 0;
    if (runs < 1 || runs > MOST_RUNS || libs < 1 || libs > MOST_LIBS)
        return 2;
    for (int lib = 0; lib < libs; lib++)
        run(argv[2 + lib]);
    for (int i = 0; i < runs; i++)
        for (int turn = 0; turn < libs; turn++) {
            int lib = (turn + i) % libs;
            times[lib][i] = run(argv[2 + lib]);
        }
    printf("{\"microseconds\": [");
    for (int lib = 0; lib < libs; lib++) {
        qsort(times[lib], (size_t)runs, sizeof times[lib][0], by_value);
        printf("%s%.1f", lib ? ", " : "", times[lib][runs / 2]);
    }
    printf("]}\n");
    return 0;
}
