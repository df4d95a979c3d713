/* A loopback HTTP target that waits a known time before it answers, and says how late it was itself. One thread, epoll.
 *   cc -O2 -o target target.c && ./target PORT
 * GET /first/MS...    200 and 2 KiB of JSON, the first byte MS milliseconds after the request was read
 * GET /stats          {"requests":N,"connections":N,"late_p99_us":N,"late_max_us":N}; is not counted itself
 * GET /stats/reset    the same, and begins to count anew
 * GET anything else   as /first/0
 * Keep-alive unless the request says "Connection: close". May be changed: paths, by adding; it must stay fast and exact. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FD = 65536, TEXT = 2048, EVENTS = 512, STEP_US = 10, STEPS = 100000 };
typedef struct { long due_us; int fd; unsigned life; } wait_t;
static struct { unsigned life; int used, last; char text[TEXT]; } conns[MAX_FD];
static wait_t heap[MAX_FD * 2];
static int waiting, epoll_fd;
static long requests, connections, answers, late_max, late[STEPS + 1];
static char answer[4096];
static int answer_size;

static long now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static void swap(int a, int b) { wait_t kept = heap[a]; heap[a] = heap[b]; heap[b] = kept; }

static void push(wait_t one) {
    int at = waiting++;
    heap[at] = one;
    for (; at > 0 && heap[(at - 1) / 2].due_us > heap[at].due_us; at = (at - 1) / 2) swap(at, (at - 1) / 2);
}

static wait_t pop(void) {
    wait_t first = heap[0];
    heap[0] = heap[--waiting];
    for (int at = 0;;) {
        int least = at;
        for (int child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < waiting && heap[child].due_us < heap[least].due_us) least = child;
        if (least == at) return first;
        swap(at, least);
        at = least;
    }
}

static void hang_up(int fd) { conns[fd].life++; close(fd); }

static void reply(int fd, const char *text, int size) {
    if (send(fd, text, size, MSG_NOSIGNAL) != size || conns[fd].last) hang_up(fd);
    else conns[fd].used = 0;
}

static void stats(int fd, int reset) {
    char text[512], body[256];
    long seen = 0, p99 = 0;
    for (int step = 0; step <= STEPS && seen < answers * 99 / 100; step++) { seen += late[step]; p99 = (long)step * STEP_US; }
    int size = snprintf(body, sizeof body, "{\"requests\":%ld,\"connections\":%ld,\"late_p99_us\":%ld,\"late_max_us\":%ld}",
                        requests, connections, p99, late_max);
    size = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", size, body);
    if (reset) { requests = connections = answers = late_max = 0; memset(late, 0, sizeof late); }
    reply(fd, text, size);
}

static void serve(int fd) {
    char *path = strchr(conns[fd].text, ' ');
    long wait_ms = 0;
    if (!path) { hang_up(fd); return; }
    conns[fd].last = strcasestr(conns[fd].text, "connection: close") != NULL;
    if (!strncmp(++path, "/stats", 6)) { stats(fd, !strncmp(path + 6, "/reset", 6)); return; }
    requests++;
    if (sscanf(path, "/first/%ld", &wait_ms) == 1 && wait_ms > 0)
        push((wait_t){now_us() + wait_ms * 1000, fd, conns[fd].life});
    else reply(fd, answer, answer_size);
}

static void hear(int fd) {
    long got = recv(fd, conns[fd].text + conns[fd].used, TEXT - 1 - conns[fd].used, MSG_DONTWAIT);
    if (got <= 0) { hang_up(fd); return; }
    conns[fd].used += got;
    conns[fd].text[conns[fd].used] = 0;
    if (strstr(conns[fd].text, "\r\n\r\n")) serve(fd);
    else if (conns[fd].used >= TEXT - 1) hang_up(fd);
}

static void answer_due(void) {
    for (long now = now_us(); waiting && heap[0].due_us <= now; now = now_us()) {
        wait_t one = pop();
        if (conns[one.fd].life != one.life) continue;
        long by = now - one.due_us;
        answers++;
        late[by / STEP_US < STEPS ? by / STEP_US : STEPS]++;
        if (by > late_max) late_max = by;
        reply(one.fd, answer, answer_size);
    }
}

static void let_in(int listener) {
    int fd, on = 1;
    while ((fd = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MAX_FD) { close(fd); continue; }
        connections++;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        conns[fd].used = 0;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    }
}

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (void *)&at, sizeof at) || listen(fd, 65535)) { perror("target"); exit(1); }
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    return fd;
}

static void prepare_answer(void) {
    char pad[2025];
    memset(pad, 'x', sizeof pad - 1);
    pad[sizeof pad - 1] = 0;
    answer_size = snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                           "Content-Length: 2048\r\n\r\n{\"status\":\"ok\",\"pad\":\"%s\"}", pad);
}

int main(int count, char **words) {
    struct rlimit files = {MAX_FD, MAX_FD};
    if (count != 2) { fputs("usage: target PORT\n", stderr); return 2; }
    if (setrlimit(RLIMIT_NOFILE, &files)) {
        getrlimit(RLIMIT_NOFILE, &files);
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGPIPE, SIG_IGN);
    prepare_answer();
    epoll_fd = epoll_create1(0);
    int listener = listen_on(atoi(words[1]));
    struct epoll_event events[EVENTS];
    for (;;) {
        long left = waiting ? heap[0].due_us - now_us() : 1000000;
        struct timespec patience = {left > 0 ? left / 1000000 : 0, left > 0 ? left % 1000000 * 1000 : 0};
        int found = epoll_pwait2(epoll_fd, events, EVENTS, &patience, NULL);
        answer_due();
        for (int i = 0; i < found; i++) {
            if (events[i].data.fd == listener) let_in(listener);
            else hear(events[i].data.fd);
            answer_due();
        }
    }
}
