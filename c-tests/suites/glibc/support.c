/* What glibc's tests take from its support library, on the public interface of an installed libc: the driver
 * that runs a test in a child and compares its end, the recorder of failures, and wrappers that give up when a
 * call fails. The declarations are glibc's own headers. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <support/check.h>
#include <support/support.h>
#include <support/temp_file.h>
#include <support/test-driver.h>
#include <support/xsignal.h>
#include <support/xthread.h>
#include <support/xunistd.h>

/* A test runs in an empty folder, which goes with all that it leaves there. */
const char *test_dir = ".";
unsigned int test_verbose;

/* Children report here, too. */
static volatile int *failures;

__attribute__((constructor)) static void share_failures(void)
{
    failures = mmap(NULL, sizeof *failures, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_SHARED, -1, 0);
    if (failures == MAP_FAILED)
        _exit(1);
}

void support_record_failure(void)
{
    __atomic_fetch_add(failures, 1, __ATOMIC_RELAXED);
}

int support_record_failure_is_failed(void)
{
    return *failures != 0;
}

static void say(const char *file, int line, const char *format, va_list arguments)
{
    printf("error: %s:%d: ", file, line);
    vprintf(format, arguments);
    putchar('\n');
    fflush(stdout);
}

int support_print_failure_impl(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    support_record_failure();
    va_start(arguments, format);
    say(file, line, format, arguments);
    va_end(arguments);
    return 1;
}

void support_exit_failure_impl(int status, const char *file, int line, const char *format, ...)
{
    va_list arguments;
    if (status != EXIT_SUCCESS && status != EXIT_UNSUPPORTED)
        support_record_failure();
    va_start(arguments, format);
    say(file, line, format, arguments);
    va_end(arguments);
    exit(status);
}

void support_test_verify_impl(const char *file, int line, const char *expression)
{
    support_print_failure_impl(file, line, "not true: %s", expression);
}

void support_test_verify_exit_impl(int status, const char *file, int line, const char *expression)
{
    support_exit_failure_impl(status, file, line, "not true: %s", expression);
}

void support_test_compare_failure(const char *file, int line, const char *left, long long left_value,
                                  int left_positive, int left_size, const char *right, long long right_value,
                                  int right_positive, int right_size)
{
    (void)left_positive, (void)left_size, (void)right_positive, (void)right_size;
    support_print_failure_impl(file, line, "%s is %lld (%#llx), %s is %lld (%#llx)", left, left_value, left_value,
                               right, right_value, right_value);
}

static void *valid(void *block, const char *function, size_t size)
{
    if (block == NULL && size != 0)
        FAIL_EXIT1("%s of %zu bytes: %m", function, size);
    return block;
}

void *xmalloc(size_t size)
{
    return valid(malloc(size), "malloc", size);
}

void *xcalloc(size_t count, size_t size)
{
    return valid(calloc(count, size), "calloc", count * size);
}

void *xrealloc(void *block, size_t size)
{
    return valid(realloc(block, size), "realloc", size);
}

char *xstrdup(const char *text)
{
    return valid(strdup(text), "strdup", strlen(text));
}

static int good(int result, const char *function)
{
    if (result < 0)
        FAIL_EXIT1("%s: %m", function);
    return result;
}

int xopen(const char *path, int flags, mode_t mode)
{
    return good(open(path, flags, mode), "open");
}

void xclose(int file)
{
    good(close(file), "close");
}

void xdup2(int from, int to)
{
    good(dup2(from, to), "dup2");
}

void xpipe(int ends[2])
{
    good(pipe(ends), "pipe");
}

pid_t xfork(void)
{
    return good(fork(), "fork");
}

pid_t xwaitpid(pid_t child, int *status, int flags)
{
    pid_t got;
    while ((got = waitpid(child, status, flags)) < 0 && errno == EINTR)
        ;
    return good(got, "waitpid");
}

void *xmmap(void *address, size_t length, int protection, int flags, int file)
{
    void *got = mmap(address, length, protection, flags, file, 0);
    if (got == MAP_FAILED)
        FAIL_EXIT1("mmap of %zu bytes: %m", length);
    return got;
}

void xmunmap(void *address, size_t length)
{
    good(munmap(address, length), "munmap");
}

long xsysconf(int name)
{
    errno = 0;
    long value = sysconf(name);
    if (value < 0 && errno != 0)
        FAIL_EXIT1("sysconf(%d): %m", name);
    return value;
}

void xwrite(int file, const void *bytes, size_t length)
{
    for (const char *at = bytes; length > 0;) {
        ssize_t written = good((int)write(file, at, length), "write");
        at += written;
        length -= (size_t)written;
    }
}

void xraise(int number)
{
    good(raise(number), "raise");
}

sighandler_t xsignal(int number, sighandler_t handler)
{
    sighandler_t before = signal(number, handler);
    if (before == SIG_ERR)
        FAIL_EXIT1("signal(%d): %m", number);
    return before;
}

void xsigaction(int number, const struct sigaction *wanted, struct sigaction *before)
{
    good(sigaction(number, wanted, before), "sigaction");
}

/* Those of pthread give the error back. */
void xpthread_check_return(const char *function, int error)
{
    if (error != 0)
        FAIL_EXIT1("%s: %s", function, strerror(error));
}

#define CHECKED(name, parameters, ...)                                                                             \
    void x##name parameters                                                                                         \
    {                                                                                                               \
        xpthread_check_return(#name, name(__VA_ARGS__));                                                            \
    }

CHECKED(pthread_attr_destroy, (pthread_attr_t *a), a)
CHECKED(pthread_attr_init, (pthread_attr_t *a), a)
CHECKED(pthread_attr_setdetachstate, (pthread_attr_t *a, int state), a, state)
CHECKED(pthread_attr_setguardsize, (pthread_attr_t *a, size_t size), a, size)
CHECKED(pthread_attr_setstacksize, (pthread_attr_t *a, size_t size), a, size)
CHECKED(pthread_barrier_destroy, (pthread_barrier_t *b), b)
CHECKED(pthread_barrier_init, (pthread_barrier_t *b, pthread_barrierattr_t *a, unsigned int count), b, a, count)
CHECKED(pthread_barrierattr_destroy, (pthread_barrierattr_t *a), a)
CHECKED(pthread_barrierattr_init, (pthread_barrierattr_t *a), a)
CHECKED(pthread_barrierattr_setpshared, (pthread_barrierattr_t *a, int shared), a, shared)
CHECKED(pthread_cancel, (pthread_t thread), thread)
CHECKED(pthread_cond_wait, (pthread_cond_t *c, pthread_mutex_t *m), c, m)
CHECKED(pthread_detach, (pthread_t thread), thread)
CHECKED(pthread_kill, (pthread_t thread, int number), thread, number)
CHECKED(pthread_mutex_destroy, (pthread_mutex_t *m), m)
CHECKED(pthread_mutex_init, (pthread_mutex_t *m, const pthread_mutexattr_t *a), m, a)
CHECKED(pthread_mutex_lock, (pthread_mutex_t *m), m)
CHECKED(pthread_mutex_unlock, (pthread_mutex_t *m), m)
CHECKED(pthread_sigmask, (int how, const sigset_t *set, sigset_t *before), how, set, before)

int xpthread_barrier_wait(pthread_barrier_t *barrier)
{
    int result = pthread_barrier_wait(barrier);
    if (result != PTHREAD_BARRIER_SERIAL_THREAD)
        xpthread_check_return("pthread_barrier_wait", result);
    return result;
}

pthread_t xpthread_create(pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
    pthread_t thread;
    xpthread_check_return("pthread_create", pthread_create(&thread, attributes, body, argument));
    return thread;
}

void *xpthread_join(pthread_t thread)
{
    void *result;
    xpthread_check_return("pthread_join", pthread_join(thread, &result));
    return result;
}

/* Memory that children share; its size stands in front. */
void *support_shared_allocate(size_t size)
{
    size_t *memory = xmmap(NULL, size + 16, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_SHARED, -1);
    *memory = size + 16;
    return (char *)memory + 16;
}

void support_shared_free(void *block)
{
    size_t *memory = (size_t *)((char *)block - 16);
    xmunmap(memory, *memory);
}

void write_message(const char *text)
{
    int before = errno;
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        _exit(1);
    errno = before;
}

int create_temp_file(const char *base, char **path)
{
    char *name = xmalloc(strlen(test_dir) + strlen(base) + 8);
    sprintf(name, "%s/%sXXXXXX", test_dir, base);
    int file = good(mkstemp(name), "mkstemp");
    if (path != NULL)
        *path = name;
    else
        free(name);
    return file;
}

static pid_t test_process;
static void (*clean_up)(void);

static void time_is_over(int number)
{
    (void)number;
    kill(-test_process, SIGKILL);
    if (clean_up != NULL)
        clean_up();
    static const char text[] = "error: the time of the test is over\n";
    _exit(write(1, text, sizeof text - 1) < 0 ? 2 : 1);
}

static int run_test(int count, char **arguments, const struct test_config *config)
{
    if (!config->no_mallopt)
        mallopt(M_PERTURB, 42);
    if (config->test_function_argv != NULL)
        return config->test_function_argv(count, arguments);
    return config->test_function();
}

int support_test_main(int count, char **arguments, const struct test_config *config)
{
    if (!config->no_setvbuf)
        setvbuf(stdout, NULL, _IONBF, 0);
    if (config->prepare_function != NULL)
        config->prepare_function(count, arguments);
    clean_up = config->cleanup_function;
    test_process = xfork();
    if (test_process == 0) {
        setpgid(0, 0);
        exit(run_test(count, arguments, config));
    }
    signal(SIGALRM, time_is_over);
    alarm(config->timeout > 0 ? (unsigned int)config->timeout : DEFAULT_TIMEOUT);
    int status;
    xwaitpid(test_process, &status, 0);
    alarm(0);

    if (WIFSIGNALED(status)) {
        if (WTERMSIG(status) == config->expected_signal)
            return support_record_failure_is_failed();
        printf("error: ended by signal %d, not %d\n", WTERMSIG(status), config->expected_signal);
        return 1;
    }
    if (config->expected_signal != 0) {
        printf("error: exit status %d, not signal %d\n", WEXITSTATUS(status), config->expected_signal);
        return 1;
    }
    if (WEXITSTATUS(status) != config->expected_status) {
        printf("error: exit status %d, not %d\n", WEXITSTATUS(status), config->expected_status);
        return WEXITSTATUS(status) == EXIT_UNSUPPORTED ? EXIT_UNSUPPORTED : 1;
    }
    return support_record_failure_is_failed();
}
