#include "background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the parent waits, and what stands for a terminal; -1 in the foreground. Both are open before the
 * process gives the right to open files away. */
static int parent = -1;
static int nothing = -1;

/* Ends this process as the child says. */
static void wait_for(pid_t child, int news)
{
    char arrived;
    ssize_t got;
    int status = 0;

    do
        got = read(news, &arrived, 1);
    while (got < 0 && errno == EINTR);
    if (got == 1)
        _exit(EXIT_SUCCESS);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

int go_to_background(void)
{
    int news[2];
    pid_t child;

    nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || pipe(news) != 0)
        return -1;
    child = fork();
    if (child < 0)
        return -1;
    if (child > 0) {
        close(news[1]);
        wait_for(child, news[0]);
    }
    close(news[0]);
    fcntl(news[1], F_SETFD, FD_CLOEXEC);
    parent = news[1];
    setsid();
    return 0;
}

void arrived_in_background(void)
{
    struct stat file;

    if (parent < 0)
        return;
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    /* What an operator keeps in a file stays there. */
    if (fstat(STDERR_FILENO, &file) != 0 || !S_ISREG(file.st_mode))
        dup2(nothing, STDERR_FILENO);
    close(nothing);
    if (write(parent, "", 1) != 1)
        exit(EXIT_FAILURE);
    close(parent);
    parent = nothing = -1;
}
