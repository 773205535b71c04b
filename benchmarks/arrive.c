/*
 * Clients that arrive: many websockets in one thread, at most so many of them on their way at any moment.
 *
 *     arrive DIALECT PORT PATH CLIENTS IN_FLIGHT [HEADER ...]
 *
 * DIALECT is one of
 *     signalcast.v1   has arrived with the welcome
 *     frames          with the answer to its handshake, if that is a 101
 *     nats            with the answer to its first PING
 *     socket.io       with the answer to its connect packet
 *     sse             no websocket: with the event that opens the stream
 *
 * As soon as one has arrived the next one leaves. When all have, or nobody has for SILENCE_SECONDS, it says one JSON
 * object: how many arrived, how many were refused or cut off or never answered, from the first connect to the last
 * arrival how long that took, and how long single ones were on their way. Then it reads, and answers nothing, until
 * its input ends: the connections stay open, idle, as long as no server minds that, which is more than 20 seconds.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    ANSWER_BYTES = 8192,
    READY_EVENTS = 256,
    SILENCE_SECONDS = 20,
    LIFE_SECONDS = 300,
};

enum stage { CONNECTS, SHAKES_HANDS, GREETS, ARRIVED, GONE };

struct client {
    int fd;
    enum stage stage;
    uint64_t left;
    /* What was heard on the way, from the beginning. */
    char *answer;
    size_t length;
};

static enum { V1, FRAMES, NATS, SOCKET_IO, SSE, DIALECTS } dialect;
static const char *const names[DIALECTS] = {"signalcast.v1", "frames", "nats", "socket.io", "sse"};
/* What a client hears when it has arrived; with `frames` it hears no more than the answer to its handshake. */
static const char *const welcomes[DIALECTS] = {"{\"op\":\"welcome\"", "", "PONG\r\n", "40{", "event: stream-open"};
static struct sockaddr_in server;
static char *handshake;
static struct client *clients;
static unsigned client_count, begun, arrived, refused;
static uint64_t *took, now;
static int epoll;

static void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static uint64_t clock_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* -- One client ------------------------------------------------------------------------------------------------ */

static void refuse(struct client *client, const char *why)
{
    /* One is enough to know why. */
    if (refused++ == 0)
        fprintf(stderr, "Refused: %s\n", why);
    close(client->fd);
    client->stage = GONE;
    free(client->answer);
}

static bool say(struct client *client, const char *text, size_t length)
{
    if (send(client->fd, text, length, MSG_NOSIGNAL) == (ssize_t)length)
        return true;
    refuse(client, strerror(errno));
    return false;
}

static bool say_frame(struct client *client, int opcode, const char *text)
{
    /* A mask of zeros is a mask. */
    char frame[6 + 125];
    size_t length = strlen(text);
    if (length > 125)
        fail("A message of %zu bytes is too long to be said", length);
    memset(frame, 0, 6);
    frame[0] = 0x80 | opcode;
    frame[1] = 0x80 | length;
    memcpy(frame + 6, text, length);
    return say(client, frame, 6 + length);
}

static void arrive(struct client *client)
{
    client->stage = ARRIVED;
    took[arrived++] = now - client->left;
    free(client->answer);
}

static void leave(struct client *client)
{
    struct epoll_event wanted = {.events = EPOLLOUT, .data.ptr = client};
    int yes = 1;
    client->left = clock_now();
    client->answer = malloc(ANSWER_BYTES);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (client->fd < 0)
        fail("No more sockets: %s", strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(client->fd, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS) {
        refuse(client, strerror(errno));
        return;
    }
    epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &wanted);
}

static void connected(struct client *client)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = client};
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        refuse(client, strerror(error));
        return;
    }
    client->stage = SHAKES_HANDS;
    epoll_ctl(epoll, EPOLL_CTL_MOD, client->fd, &wanted);
    say(client, handshake, strlen(handshake));
}

static bool greet(struct client *client)
{
    client->stage = GREETS;
    if (dialect == V1)
        return say_frame(client, 1, "{\"op\":\"hello\"}");
    if (dialect == NATS)
        return say_frame(client, 2, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB events 1\r\nPING\r\n");
    if (dialect == SOCKET_IO)
        return say_frame(client, 1, "40");
    return true;
}

static void look_at_answer(struct client *client)
{
    const char *accepted = dialect == SSE ? "HTTP/1.1 200" : "HTTP/1.1 101";
    const char *end = memmem(client->answer, client->length, "\r\n\r\n", 4);
    if (!end)
        return;
    if (client->stage == SHAKES_HANDS) {
        if (memcmp(client->answer, accepted, strlen(accepted))) {
            *strchr(client->answer, '\r') = 0;
            refuse(client, client->answer);
            return;
        }
        if (!greet(client))
            return;
    }
    end += 4;
    if (memmem(end, client->answer + client->length - end, welcomes[dialect], strlen(welcomes[dialect])))
        arrive(client);
}

static void hear(struct client *client)
{
    static char ignored[65536];
    bool is_here = client->stage == ARRIVED;
    ssize_t count = is_here ? recv(client->fd, ignored, sizeof ignored, 0)
                            : recv(client->fd, client->answer + client->length, ANSWER_BYTES - 1 - client->length, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0 && is_here)
        fail("The server has dropped somebody who had arrived");
    if (count <= 0) {
        refuse(client, count ? strerror(errno) : "cut off, or an answer without an end");
        return;
    }
    if (!is_here) {
        client->length += count;
        client->answer[client->length] = 0;
        look_at_answer(client);
    }
}

/* -- All of them ----------------------------------------------------------------------------------------------- */

static void look(int milliseconds)
{
    struct epoll_event ready[READY_EVENTS];
    int count = epoll_wait(epoll, ready, READY_EVENTS, milliseconds);
    now = clock_now();
    for (int index = 0; index < count; index++) {
        struct client *client = ready[index].data.ptr;
        if (client->stage == CONNECTS)
            connected(client);
        else if (client->stage != GONE)
            hear(client);
    }
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static double milliseconds(double share)
{
    return arrived ? took[(unsigned)(share * (arrived - 1))] / 1000.0 : 0;
}

static void run(unsigned in_flight)
{
    uint64_t began = clock_now(), last = began;
    unsigned seen = 0;
    while (arrived + refused < client_count && now < last + SILENCE_SECONDS * 1000000ULL) {
        while (begun < client_count && begun - arrived - refused < in_flight)
            leave(&clients[begun++]);
        look(100);
        if (arrived > seen) {
            seen = arrived;
            last = now;
        }
    }
    qsort(took, arrived, sizeof *took, compare);
    printf("{\"clients\":%u,\"arrived\":%u,\"refused\":%u,\"wall_s\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n",
           client_count, arrived, client_count - arrived, (last - began) / 1e6, milliseconds(0.5), milliseconds(0.99));
    fflush(stdout);
}

static void stay(void)
{
    struct epoll_event end = {.events = EPOLLIN, .data.ptr = NULL};
    struct epoll_event ready[READY_EVENTS];
    epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &end);
    for (;;) {
        int count = epoll_wait(epoll, ready, READY_EVENTS, -1);
        for (int index = 0; index < count; index++) {
            struct client *client = ready[index].data.ptr;
            if (!client)
                return;
            if (client->stage == ARRIVED)
                hear(client);
        }
    }
}

static char *make_handshake(int port, const char *path, char **headers)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    fprintf(stream, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n", path, port);
    if (dialect == SSE) {
        fprintf(stream, "Accept: text/event-stream\r\n");
    } else {
        fprintf(stream, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
        fprintf(stream, "Sec-WebSocket-Key: c2lnbmFsY2FzdCBiZW5jaA==\r\n");
    }
    if (dialect == V1)
        fprintf(stream, "Sec-WebSocket-Protocol: %s\r\n", names[V1]);
    for (; *headers; headers++)
        fprintf(stream, "%s\r\n", *headers);
    fprintf(stream, "\r\n");
    fclose(stream);
    return text;
}

int main(int count, char **words)
{
    struct rlimit files;
    if (count < 6)
        fail("arrive DIALECT PORT PATH CLIENTS IN_FLIGHT [HEADER ...]");
    alarm(LIFE_SECONDS);
    while (dialect < DIALECTS && strcmp(words[1], names[dialect]))
        dialect++;
    if (dialect == DIALECTS)
        fail("%s is no dialect that is spoken here", words[1]);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(words[2]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client_count = atoi(words[4]);
    handshake = make_handshake(atoi(words[2]), words[3], words + 6);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    epoll = epoll_create1(0);
    clients = calloc(client_count, sizeof *clients);
    took = calloc(client_count, sizeof *took);
    run(atoi(words[5]));
    stay();
    return 0;
}
