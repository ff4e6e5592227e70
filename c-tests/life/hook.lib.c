/* Interposes the calls that an allocator is tempted to make through libc; every one of them allocates and
 * frees itself. */
#include "../test.h"
#include <dlfcn.h>
#include <sys/syscall.h>

int hook_calls(void);

static int calls;
static __thread int depth;

int hook_calls(void)
{
    return __atomic_load_n(&calls, __ATOMIC_RELAXED);
}

/* Allocates as a tracing library would, once per call from outside. */
static void use_malloc(void)
{
    __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
    if (depth++ == 0) {
        void *small = malloc(100), *large = malloc(300000);
        small = realloc(small, 5000);
        free(large);
        free(small);
    }
    depth--;
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset)
{
    use_malloc();
    return (void *)syscall(SYS_mmap, address, length, protection, flags, file, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int file, off_t offset)
{
    use_malloc();
    return (void *)syscall(SYS_mmap, address, length, protection, flags, file, offset);
}

int munmap(void *address, size_t length)
{
    use_malloc();
    return (int)syscall(SYS_munmap, address, length);
}

int madvise(void *address, size_t length, int advice)
{
    use_malloc();
    return (int)syscall(SYS_madvise, address, length, advice);
}

int mprotect(void *address, size_t length, int protection)
{
    use_malloc();
    return (int)syscall(SYS_mprotect, address, length, protection);
}

void *mremap(void *address, size_t old_length, size_t new_length, int flags, ...)
{
    use_malloc();
    return (void *)syscall(SYS_mremap, address, old_length, new_length, flags);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    static int (*next)(pthread_mutex_t *);
    if (next == NULL)
        next = NEXT(pthread_mutex_lock);
    use_malloc();
    return next(mutex);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
    use_malloc();
    return NEXT(pthread_create)(thread, attributes, body, argument);
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
    use_malloc();
    return NEXT(pthread_setspecific)(key, value);
}
