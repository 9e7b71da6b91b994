/* A clock that can be stepped while a program runs: preloaded, it adds the
 * seconds written in the file $CLOCK_FILE to the time of day. The kernel does
 * not know: what waits until a time of day has the seconds taken off again (a
 * real step wakes such a wait, too). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

/* A monotonic time is small, a time of day is not. */
#define DAY_TIME 1000000000

/* Also in a signal's handler: the database asks for the time there. */
static long offset(void)
{
    const char *name = getenv("CLOCK_FILE");
    int fd = name != NULL ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    char text[32];
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    text[n > 0 ? n : 0] = '\0';
    return strtol(text, NULL, 10);
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t id,
                                                         struct timespec *t)
{
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    }
    int rc = real(id, t);
    if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        t->tv_sec += offset();
    }
    return rc;
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *v,
                                                        void *zone)
{
    struct timespec t;
    (void)zone;
    int rc = clock_gettime(CLOCK_REALTIME, &t);
    v->tv_sec = t.tv_sec;
    v->tv_usec = t.tv_nsec / 1000;
    return rc;
}

__attribute__((visibility("default"))) time_t time(time_t *ret)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    if (ret != NULL) {
        *ret = t.tv_sec;
    }
    return t.tv_sec;
}

/* Whether a moment to wait for was worked out from the stepped time of day: it
 * is then nearer to that than to the kernel's. */
static struct timespec as_the_kernel_knows_it(const struct timespec *until)
{
    static int (*real)(clockid_t, struct timespec *);
    struct timespec t = *until, now;
    long step = offset();
    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    }
    if (t.tv_sec < DAY_TIME || real(CLOCK_REALTIME, &now) != 0) {
        return t;
    }
    long ahead = t.tv_sec - now.tv_sec;
    if (step > 0 ? ahead > step / 2 : ahead < step / 2) {
        t.tv_sec -= step;
    }
    return t;
}

__attribute__((visibility("default"))) int
pthread_cond_timedwait(pthread_cond_t *restrict cond,
                       pthread_mutex_t *restrict lock,
                       const struct timespec *restrict until)
{
    static int (*real)(pthread_cond_t *, pthread_mutex_t *,
                       const struct timespec *);
    struct timespec t = as_the_kernel_knows_it(until);
    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    }
    return real(cond, lock, &t);
}

/* librdkafka's waits: glibc does not go through the one above for them. */
__attribute__((visibility("default"))) int
cnd_timedwait(cnd_t *restrict cond,
              mtx_t *restrict lock,
              const struct timespec *restrict until)
{
    static int (*real)(cnd_t *, mtx_t *, const struct timespec *);
    struct timespec t = as_the_kernel_knows_it(until);
    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "cnd_timedwait");
    }
    return real(cond, lock, &t);
}
