/* Threads, children, signals, libraries and trims at once, with every byte checked:
 *
 *     stress SECONDS THREADS FORKS LIVE_MIB LIBRARY
 *
 * FORKS is how many forks in a second to aim at, LIVE_MIB around how much is live. Prints where malloc comes
 * from, then what was done and how much memory it took; fails when resident memory grows without live memory
 * growing. */
#include "visitors.h"
#include <sys/time.h>

enum { MOST_SAMPLES = 100000, MOST_THREADS = 1000 };

static struct sample {
    size_t live, resident;
} samples[MOST_SAMPLES];
static size_t sample_count;
static pthread_t workers[MOST_THREADS];

static size_t own_resident(void)
{
    return resident_kib() * KIB - shadow_bytes();
}

static void *work(void *argument)
{
    struct hand hand = {.random = (uintptr_t)argument * 2654435761u | 1};
    /* Thousands of steps lie between two forks of one thread; so do other things. */
    double next_fork = seconds(), gap = settings.forks ? (double)settings.threads / (double)settings.forks : 0;
    next_fork += gap * (double)(next_random(&hand.random) % 100) / 100;
    while (!atomic_load_explicit(&stopping, memory_order_relaxed)) {
        for (int i = 0; i < 500 && !atomic_load_explicit(&stopping, memory_order_relaxed); i++)
            step(&hand);
        if (next_random(&hand.random) % 32 == 0)
            lean(&hand);
        if (gap > 0 && seconds() >= next_fork) {
            visit_child(&hand);
            next_fork = seconds() + gap;
        }
    }
    let_go(&hand);
    return NULL;
}

static void *invite_threads(void *unused)
{
    unsigned long state = 88172645463325252u;
    while (!stopping) {
        visit_threads(&state);
        sleep_ms(1 + (long)(next_random(&state) % 5));
    }
    return unused;
}

static void *invite_library(void *path)
{
    while (!stopping) {
        visit_library(path);
        sleep_ms(2);
    }
    return NULL;
}

/* Trims and counts while the others work, and interrupts them. */
static void *keep(void *unused)
{
    unsigned long state = 362436069;
    while (!stopping) {
        unsigned long dice = next_random(&state) % 64;
        if (dice == 0)
            malloc_trim(0);
        if (dice < 4) {
            struct mallinfo2 info = mallinfo2();
            CHECK(info.arena + info.hblkhd < 64 * GIB);
        }
        for (size_t i = 0; i < 8; i++)
            pthread_kill(workers[next_random(&state) % settings.threads], SIGUSR1);
        sleep_ms(1);
    }
    return unused;
}

static struct sample mean(size_t from, size_t to)
{
    struct sample sum = {0, 0};
    for (size_t i = from; i < to; i++) {
        sum.live += samples[i].live / (to - from);
        sum.resident += samples[i].resident / (to - from);
    }
    return sum;
}

/* Resident memory may grow from the second third of the run to the last one by twice what live memory does,
 * and an eighth, and 24 MiB; and by what threads are still filling of their magazines. There is a bound for all
 * of it: magazines have two MiB and a half for each thread. */
static void check_growth(void)
{
    size_t third = sample_count / 3;
    CHECK(third > 0);
    struct sample before = mean(third, 2 * third), after = mean(2 * third, 3 * third), most = {0, 0};
    for (size_t i = 0; i < sample_count; i++) {
        most.live = samples[i].live > most.live ? samples[i].live : most.live;
        most.resident = samples[i].resident > most.resident ? samples[i].resident : most.resident;
    }
    printf("live_mib=%.1f resident_mib=%.1f most_live_mib=%.1f most_resident_mib=%.1f "
           "before_mib=%.1f after_mib=%.1f ",
           (double)after.live / MIB, (double)after.resident / MIB, (double)most.live / MIB,
           (double)most.resident / MIB, (double)before.resident / MIB, (double)after.resident / MIB);
    fflush(stdout);
    size_t grown = after.live > before.live ? after.live - before.live : 0;
    CHECK_AT_MOST(after.resident, before.resident + before.resident / 8 + 2 * grown + 24 * MIB +
                                      settings.threads * MIB / 2);
    CHECK_AT_MOST(most.resident, 2 * most.live + 64 * MIB + settings.threads * 5 * MIB / 2);
}

/* All threads, until the time is over. */
static void run(char *library)
{
    pthread_t helpers[3];
    for (size_t i = 0; i < settings.threads; i++)
        workers[i] = start(work, (void *)(i + 1));
    helpers[0] = start(invite_threads, NULL);
    helpers[1] = start(invite_library, library);
    helpers[2] = start(keep, NULL);
    double end = seconds() + (double)settings.seconds;
    while (seconds() < end) {
        sleep_ms(50);
        if (sample_count < MOST_SAMPLES)
            samples[sample_count++] = (struct sample){live_bytes, own_resident()};
    }
    /* Who signals goes first, while those that it signals are there. */
    stopping = 1;
    finish(helpers[2]);
    finish(helpers[0]);
    finish(helpers[1]);
    for (size_t i = 0; i < settings.threads; i++)
        finish(workers[i]);
}

int main(int argc, char **argv)
{
    Dl_info origin;
    if (argc != 6)
        quit(2, "", 0, "stress SECONDS THREADS FORKS LIVE_MIB LIBRARY");
    settings.seconds = strtoul(argv[1], NULL, 10);
    settings.threads = strtoul(argv[2], NULL, 10);
    settings.forks = strtoul(argv[3], NULL, 10);
    settings.live_mib = strtoul(argv[4], NULL, 10);
    CHECK(settings.seconds > 0 && settings.threads > 0 && settings.threads <= MOST_THREADS);
    CHECK(dladdr(dlsym(RTLD_DEFAULT, "malloc"), &origin) != 0);
    printf("%s\n", origin.dli_fname);
    fflush(stdout);
    shadow_open();
    for (size_t i = 0; i < COUNT(keys); i++)
        CHECK(pthread_key_create(&keys[i], on_thread_end) == 0);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGPROF, &action, NULL) == 0);
    struct itimerval often = {{0, 3000}, {0, 3000}};
    size_t at_start = own_resident();
    CHECK(setitimer(ITIMER_PROF, &often, NULL) == 0);

    run(argv[5]);

    memset(&often, 0, sizeof often);
    CHECK(setitimer(ITIMER_PROF, &often, NULL) == 0);
    /* Detached threads may be on their way still. */
    for (int i = 0; i < 5000 && threads_ended < threads_begun; i++)
        sleep_ms(1);
    empty_exchange();
    malloc_trim(0);
    check_growth();
    printf("end_mib=%.1f operations=%lu forks=%lu threads=%lu signals=%lu refused=%lu\n",
           (double)own_resident() / MIB, operations, forks_done, threads_ended, signals_seen, refusals);
    fflush(stdout);
    CHECK(live_blocks == 0 && live_bytes == 0);
    CHECK(refusals == 0 && signals_seen > 0 && threads_ended > 0 && threads_ended == threads_begun);
    /* The heaps of the workers wait for others; each has some pages of its own. */
    CHECK_AT_MOST(own_resident(), at_start + 24 * MIB + settings.threads * 128 * KIB);
    return 0;
}
