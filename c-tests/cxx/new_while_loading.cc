// A library waits, while it is loaded, for a thread whose operator new fails: neither the handler nor the exception
// may wait for the loader, nor take away the message of a dlopen that has failed.
#include "test.h"
#include <dlfcn.h>
#include <new>
#include <semaphore.h>

static sem_t loading, tried;
static int calls;

static void give_up()
{
    calls++;
    std::set_new_handler(nullptr);
}

static bool fails(size_t size)
{
    try {
        operator delete(hide(operator new(hide_size(size))));
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

static void *want(void *)
{
    CHECK(sem_wait(&loading) == 0);
    std::set_new_handler(give_up);
    CHECK(fails(PTRDIFF_MAX) && calls == 1);
    CHECK(operator new(hide_size(PTRDIFF_MAX), std::nothrow) == nullptr);
    CHECK(sem_post(&tried) == 0);
    return nullptr;
}

static void meet()
{
    timespec end;
    CHECK(sem_post(&loading) == 0 && clock_gettime(CLOCK_REALTIME, &end) == 0);
    end.tv_sec += 20;
    CHECK(sem_timedwait(&tried, &end) == 0);
}

int main()
{
    char path[4096], meeting[32];
    pthread_t thread;
    CHECK(sem_init(&loading, 0, 0) == 0 && sem_init(&tried, 0, 0) == 0);
    snprintf(meeting, sizeof meeting, "%llx", (unsigned long long)(uintptr_t)meet);
    CHECK(setenv("MEETING", meeting, 1) == 0);
    CHECK(pthread_create(&thread, nullptr, want, nullptr) == 0);
    snprintf(path, sizeof path, "%s/cxx/loading.so", getenv("C_TEST_BUILD"));
    CHECK(dlopen(path, RTLD_NOW) != nullptr);
    CHECK(pthread_join(thread, nullptr) == 0);

    CHECK(dlopen("/nowhere/missing.so", RTLD_NOW) == nullptr);
    CHECK(fails(PTRDIFF_MAX));
    const char *message = dlerror();
    CHECK(message != nullptr && strstr(message, "missing.so") != nullptr);
    return 0;
}
