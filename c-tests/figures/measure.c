/* Runs one command and writes what it used as one line of JSON: the launcher of the scripts that compare
 * allocators.
 *
 * measure [-o FILE] [-e NAME=VALUE]... [-w MB] [-t SECONDS] [-g CGROUP] -- COMMAND [ARGUMENT...]
 *   -o  where the line goes (stderr)
 *   -e  environment of the command alone, so that no preload reaches the launcher
 *   -w  touch and free so much memory first
 *   -t  end the command's process group after so long (60)
 *   -g  the directory of a control group that the command joins
 *
 * Memory that the machine gave back to its host is slow to touch again, so a run with less of it warm would
 * look slower. The command is forked from this small process: the kernel counts the memory of the process
 * that calls exec into ru_maxrss, and a script's interpreter would be the floor of every peak. */
#include "figure.h"
#include <signal.h>

static pid_t command;

static void warm(size_t bytes) {
    pid_t child = fork();
    if (child == 0) {
        char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        /* What comes back in huge pages serves as such, or in parts. */
        madvise(memory, bytes, MADV_HUGEPAGE);
        for (size_t at = 0; memory != MAP_FAILED && at < bytes; at += 4 * KB)
            memory[at] = 1;
        _exit(0);
    }
    if (child < 0 || waitpid(child, NULL, 0) != child)
        give_up("warm");
}

static void join_group(const char *directory) {
    char path[4096];
    snprintf(path, sizeof path, "%s/cgroup.procs", directory);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, "0", 1) != 1)
        give_up(path);
    close(file);
}

static void end_command(int signal) {
    kill(-command, SIGKILL);
    _exit(128 + signal);
}

int main(int argc, char **argv) {
    const char *out = NULL, *group = NULL;
    char *environment[64];
    int option, variables = 0;
    time_t seconds = 60;
    size_t warm_mb = 0;
    while ((option = getopt(argc, argv, "+o:e:w:t:g:")) != -1) {
        if (option == 'o')
            out = optarg;
        else if (option == 'g')
            group = optarg;
        else if (option == 'w')
            warm_mb = strtoul(optarg, NULL, 10);
        else if (option == 't')
            seconds = strtol(optarg, NULL, 10);
        else if (option == 'e' && variables < 64)
            environment[variables++] = optarg;
        else
            return 2;
    }
    if (optind >= argc)
        return 2;
    if (warm_mb > 0)
        warm(warm_mb * MB);

    sigset_t only_child;
    sigemptyset(&only_child);
    sigaddset(&only_child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &only_child, NULL);
    double begin = now();
    command = fork();
    if (command < 0)
        give_up("fork");
    if (command == 0) {
        setpgid(0, 0);
        sigprocmask(SIG_UNBLOCK, &only_child, NULL);
        if (group != NULL)
            join_group(group);
        for (int i = 0; i < variables; i++)
            putenv(environment[i]);
        execvp(argv[optind], argv + optind);
        give_up(argv[optind]);
    }
    setpgid(command, command);
    signal(SIGINT, end_command);
    signal(SIGTERM, end_command);

    struct timespec limit = {.tv_sec = seconds};
    bool late = sigtimedwait(&only_child, NULL, &limit) < 0 && errno == EAGAIN;
    if (late)
        kill(-command, SIGKILL);
    struct rusage used;
    int status;
    if (wait4(command, &status, 0, &used) != command)
        give_up("wait4");
    double wall = now() - begin;
    if (out != NULL && freopen(out, "w", stderr) == NULL)
        return 3;
    fprintf(stderr,
            "{\"wall\": %.6f, \"user\": %.6f, \"system\": %.6f, \"peak_mb\": %.2f, \"faults\": %ld, \"exit\": %d, "
            "\"signal\": %d, \"late\": %d}\n",
            wall, (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6,
            (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec / 1e6, (double)used.ru_maxrss / 1024,
            used.ru_minflt, WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
            late);
    return 0;
}
