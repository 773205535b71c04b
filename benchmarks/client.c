/*
 * The load client of the benchmarks: many websockets in one thread, and every event on each of them looked at.
 *
 *     client [-s SECONDS] DIALECT PORT PATH CLIENTS EVENTS LEDGER [HEADER ...]
 *
 * DIALECT is one of
 *     signalcast.v1   batches: a header, then one event a line; acknowledged as docs/protocol.md asks
 *     frames          one event a text frame, nothing to say
 *     nats            nats-server's own protocol, in binary frames
 *     socket.io       its protocol, version 5, within engine.io's, version 4
 *     sse             no websocket: server-sent events, one event a line of data, in a chunked answer
 *
 * An event is a line of JSON with "sequence":"<20 digits>" in it: 1, 2, 3, ... to EVENTS, each of them once. LEDGER is
 * a file of 64-bit numbers that is shared with whoever sends: the client keeps in the first how far the slowest of its
 * connections has come; the sender writes into the one at each sequence number when it sent that event, in
 * microseconds since 1970. Each HEADER is a line of the handshake.
 *
 * It says "ready" when all connections follow, and one JSON object when all have everything, or when nobody has heard
 * anything for SECONDS (20), or anything new. Then it waits for the end of its input, so that the server can be weighed before a
 * thousand connections close. Whatever cannot be understood ends it, with a word on stderr; so do ten minutes.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_BYTES = 256 * 1024,
    LINE_BYTES = 4096,
    ACK_EVENTS = 2048,
    ACK_BYTES = 512 * 1024,
    ACK_MICROSECONDS = 200 * 1000,
    TICK_MICROSECONDS = 1000,
    LIFE_SECONDS = 600,
    READY_EVENTS = 256,
    /* 32 steps an octave: a quantile is told to 3 %. */
    STEPS = 5,
    BUCKETS = 64 << STEPS,
};

enum { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

struct client {
    int fd;
    bool follows;
    /* The frame or chunk that is being read: its header, as far as it is here, and how much of it is to come. */
    uint8_t header[10];
    unsigned header_length;
    int opcode;
    bool is_final;
    uint64_t left;
    /* The line that is being read, as far as it came with earlier reads. */
    char line[LINE_BYTES];
    size_t line_length;
    uint64_t line_number;
    /* Whether the lines of this frame are events. */
    bool has_events;
    /* What was heard. */
    uint64_t next;
    uint64_t received;
    uint64_t doubled;
    uint64_t out_of_order;
    uint64_t *seen;
    /* What of signalcast.v1 is owed to the server. */
    uint64_t position;
    uint64_t owed_events;
    uint64_t owed_bytes;
    uint64_t owed_since;
};

static enum { V1, FRAMES, NATS, SOCKET_IO, SSE, DIALECTS } dialect;
static const char *const names[DIALECTS] = {"signalcast.v1", "frames", "nats", "socket.io", "sse"};
static uint64_t expected, silence = 20 * 1000000;
static struct client *clients;
static unsigned client_count, following, complete;
static volatile uint64_t *ledger;
static uint64_t latencies[BUCKETS];
static uint64_t now, first_event, last_event, data_frames;

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
    clock_gettime(CLOCK_REALTIME, &time);
    return (uint64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static double cpu_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* -- What is said ---------------------------------------------------------------------------------------------- */

static void say(struct client *client, int opcode, const char *text, size_t length)
{
    static const uint8_t mask[4] = {0x5a, 0xc3, 0x17, 0x8e};
    uint8_t frame[8 + 512];
    size_t size = 2;
    if (length > 512)
        fail("A message of %zu bytes is too long to be said", length);
    frame[0] = 0x80 | opcode;
    frame[1] = 0x80 | (length < 126 ? length : 126);
    if (length >= 126) {
        frame[size++] = length >> 8;
        frame[size++] = length & 255;
    }
    memcpy(frame + size, mask, 4);
    size += 4;
    for (size_t index = 0; index < length; index++)
        frame[size++] = (uint8_t)text[index] ^ mask[index % 4];
    /* A server that reads nothing for so long that this fails has a fault of its own. */
    if (send(client->fd, frame, size, MSG_NOSIGNAL) != (ssize_t)size)
        fail("The server takes no message: %s", strerror(errno));
}

static void say_text(struct client *client, const char *text)
{
    say(client, dialect == NATS ? BINARY : TEXT, text, strlen(text));
}

static void acknowledge(struct client *client)
{
    char text[64];
    snprintf(text, sizeof text, "{\"op\":\"ack\",\"pos\":%llu}", (unsigned long long)client->position);
    say_text(client, text);
    client->owed_events = client->owed_bytes = 0;
}

/* -- What is heard --------------------------------------------------------------------------------------------- */

static void follow(struct client *client)
{
    if (!client->follows) {
        client->follows = true;
        following++;
    }
}

static void note_latency(uint64_t microseconds)
{
    unsigned octave;
    if (microseconds < 1 << STEPS) {
        latencies[microseconds]++;
        return;
    }
    octave = 63 - __builtin_clzll(microseconds) - STEPS;
    latencies[((octave + 1) << STEPS) + ((microseconds >> octave) & ((1 << STEPS) - 1))]++;
}

static double quantile(double share)
{
    uint64_t total = 0, passed = 0;
    for (unsigned bucket = 0; bucket < BUCKETS; bucket++)
        total += latencies[bucket];
    for (unsigned bucket = 0; bucket < BUCKETS; bucket++) {
        passed += latencies[bucket];
        if (passed && passed >= share * total) {
            unsigned octave = bucket >> STEPS, step = bucket & ((1 << STEPS) - 1);
            return (octave ? (double)((uint64_t)(step + 1 + (1 << STEPS)) << (octave - 1)) : step + 1) / 1000;
        }
    }
    return 0;
}

static void hear_event(struct client *client, const char *line, size_t length)
{
    static const char mark[] = "\"sequence\":\"";
    static size_t offset;
    const size_t mark_length = sizeof mark - 1;
    uint64_t sequence = 0, bit;
    /* It stands at the same place in nearly every line. */
    if (offset + mark_length + 20 > length || memcmp(line + offset, mark, mark_length)) {
        const char *found = memmem(line, length, mark, mark_length);
        if (!found || found + mark_length + 20 > line + length)
            fail("This is no event: %.*s", (int)length, line);
        offset = found - line;
    }
    for (const char *digit = line + offset + mark_length; digit < line + offset + mark_length + 20; digit++)
        sequence = sequence * 10 + (*digit - '0');
    if (sequence < 1 || sequence > expected || !ledger[sequence])
        fail("Nobody has sent an event %llu", (unsigned long long)sequence);
    bit = 1ULL << (sequence % 64);
    if (client->seen[sequence / 64] & bit) {
        client->doubled++;
        return;
    }
    client->seen[sequence / 64] |= bit;
    client->out_of_order += sequence < client->next;
    client->next = sequence < client->next ? client->next : sequence + 1;
    note_latency(now > ledger[sequence] ? now - ledger[sequence] : 0);
    first_event = first_event ? first_event : now;
    last_event = now;
    if (++client->received == expected)
        complete++;
}

static uint64_t member(const char *line, size_t length, const char *name)
{
    const char *found = memmem(line, length, name, strlen(name));
    return found ? strtoull(found + strlen(name), NULL, 10) : 0;
}

static bool begins(const char *line, size_t length, const char *with)
{
    return length >= strlen(with) && !memcmp(line, with, strlen(with));
}

static void hear_header(struct client *client, const char *line, size_t length)
{
    client->has_events = begins(line, length, "{\"op\":\"batch\"");
    if (client->has_events) {
        /* A range that does not join the last one; what it lacks or repeats is seen at its events as well. */
        client->out_of_order += member(line, length, "\"from\":") != client->position;
        client->position = member(line, length, "\"to\":");
        client->owed_since = client->owed_events ? client->owed_since : now;
    } else if (begins(line, length, "{\"op\":\"welcome\"")) {
        client->position = member(line, length, "\"from\":");
        follow(client);
    } else if (!begins(line, length, "{\"op\":\"heartbeat\"") && !begins(line, length, "{\"op\":\"reactions\"")) {
        fail("The server says: %.*s", (int)length, line);
    }
}

static void hear_nats(struct client *client, const char *line, size_t length)
{
    if (begins(line, length, "{"))
        hear_event(client, line, length);
    else if (begins(line, length, "PING"))
        say_text(client, "PONG\r\n");
    else if (begins(line, length, "PONG"))
        follow(client);
    else if (!begins(line, length, "MSG ") && !begins(line, length, "INFO "))
        fail("The server says: %.*s", (int)length, line);
}

static void hear_socket_io(struct client *client, const char *line, size_t length)
{
    if (begins(line, length, "42["))
        hear_event(client, line, length);
    else if (begins(line, length, "0{"))
        say_text(client, "40");
    else if (begins(line, length, "40"))
        follow(client);
    else if (length == 1 && *line == '2')
        say_text(client, "3");
    else
        fail("The server says: %.*s", (int)length, line);
}

static void hear_sse(struct client *client, const char *line, size_t length)
{
    if (begins(line, length, "data: {"))
        hear_event(client, line, length);
    else if (begins(line, length, "event: stream-open"))
        follow(client);
    else if (begins(line, length, "event: stream-"))
        fail("The server says: %.*s", (int)length, line);
}

static void hear_v1(struct client *client, const char *line, size_t length)
{
    client->owed_bytes += length;
    if (client->line_number++ == 0) {
        hear_header(client, line, length);
    } else if (client->has_events) {
        hear_event(client, line, length);
        client->owed_events++;
    }
}

static void hear_line(struct client *client, const char *line, size_t length)
{
    static void (*const hear[DIALECTS])(struct client *, const char *, size_t) = {
        hear_v1, hear_event, hear_nats, hear_socket_io, hear_sse,
    };
    hear[dialect](client, line, length);
}

static void hear_control(struct client *client)
{
    if (client->opcode == PING)
        say(client, PONG, client->line, client->line_length);
    else if (client->opcode == CLOSE)
        fail("The server closes, with %d", (uint8_t)client->line[0] << 8 | (uint8_t)client->line[1]);
}

static void keep(struct client *client, const char *part, size_t length)
{
    if (client->line_length + length > LINE_BYTES)
        fail("A line has more than %d bytes", LINE_BYTES);
    memcpy(client->line + client->line_length, part, length);
    client->line_length += length;
}

static void end_line(struct client *client, const char *part, size_t length)
{
    if (client->line_length) {
        keep(client, part, length);
        hear_line(client, client->line, client->line_length);
        client->line_length = 0;
    } else if (length) {
        hear_line(client, part, length);
    }
}

static void hear_text(struct client *client, const char *text, size_t length)
{
    const char *end = text + length, *newline;
    while ((newline = memchr(text, '\n', end - text))) {
        end_line(client, text, newline - text);
        text = newline + 1;
    }
    if (text < end)
        keep(client, text, end - text);
}

static void end_frame(struct client *client)
{
    client->header_length = 0;
    if (client->opcode >= CLOSE) {
        hear_control(client);
        client->line_length = 0;
    } else if (client->is_final && dialect != NATS) {
        /* There nothing but the line itself ends it: it may go on in the next frame. */
        end_line(client, "", 0);
        client->line_number = 0;
        if (client->owed_events >= ACK_EVENTS || client->owed_bytes >= ACK_BYTES)
            acknowledge(client);
    }
}

static size_t header_size(const uint8_t *header)
{
    unsigned length = header[1] & 127;
    return length == 127 ? 10 : length == 126 ? 4 : 2;
}

static void begin_frame(struct client *client)
{
    const uint8_t *header = client->header;
    uint64_t length = header[1] & 127;
    if (header[0] & 0x70 || header[1] & 0x80)
        fail("This frame is compressed, or masked");
    if (length >= 126) {
        length = 0;
        for (size_t index = 2; index < header_size(header); index++)
            length = length << 8 | header[index];
    }
    client->opcode = header[0] & 15;
    client->is_final = header[0] & 128;
    client->left = length;
    data_frames += client->opcode < CLOSE;
    if (client->opcode >= CLOSE && client->line_length)
        fail("A control frame in the midst of a line");
}

static void begin_chunk(struct client *client)
{
    char size[sizeof client->header + 1] = {0};
    memcpy(size, client->header, client->header_length);
    /* Each chunk ends with a line's end of its own, which looks like an empty header. */
    if (client->header_length > 1) {
        client->left = strtoull(size, NULL, 16);
        if (client->left == 0)
            fail("The server ends its answer");
        data_frames++;
    }
    client->header_length = 0;
}

static void hear_chunks(struct client *client, const char *bytes, size_t length)
{
    const char *end = bytes + length;
    while (bytes < end) {
        if (client->left) {
            size_t part = client->left < (uint64_t)(end - bytes) ? client->left : (size_t)(end - bytes);
            hear_text(client, bytes, part);
            client->left -= part;
            bytes += part;
        } else if (*bytes == '\n') {
            begin_chunk(client);
            bytes++;
        } else if (client->header_length == sizeof client->header) {
            fail("This is no chunk");
        } else {
            client->header[client->header_length++] = *bytes++;
        }
    }
}

static void hear_frames(struct client *client, const char *bytes, size_t length)
{
    const char *end = bytes + length;
    while (bytes < end) {
        if (client->header_length < 2 || client->header_length < header_size(client->header)) {
            client->header[client->header_length++] = *bytes++;
            if (client->header_length < 2 || client->header_length < header_size(client->header))
                continue;
            begin_frame(client);
        } else {
            size_t part = client->left < (uint64_t)(end - bytes) ? client->left : (size_t)(end - bytes);
            if (client->opcode >= CLOSE)
                keep(client, bytes, part);
            else
                hear_text(client, bytes, part);
            client->left -= part;
            bytes += part;
        }
        if (client->left == 0)
            end_frame(client);
    }
}

static void hear(struct client *client, const char *bytes, size_t length)
{
    if (dialect == SSE)
        hear_chunks(client, bytes, length);
    else
        hear_frames(client, bytes, length);
}

/* -- How it connects, and goes on ------------------------------------------------------------------------------ */

static void connect_to(struct client *client, int port, const char *handshake)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    char answer[8192];
    size_t length = 0;
    char *end = NULL;
    int yes = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof address))
        fail("It cannot connect: %s", strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (send(client->fd, handshake, strlen(handshake), MSG_NOSIGNAL) != (ssize_t)strlen(handshake))
        fail("It cannot send its handshake: %s", strerror(errno));
    while (!end) {
        ssize_t count = recv(client->fd, answer + length, sizeof answer - length, 0);
        if (count <= 0)
            fail("The handshake is not answered: %.*s", (int)length, answer);
        length += count;
        end = memmem(answer, length, "\r\n\r\n", 4);
    }
    if (!begins(answer, length, dialect == SSE ? "HTTP/1.1 200" : "HTTP/1.1 101"))
        fail("The handshake is refused: %.*s", (int)(end - answer), answer);
    fcntl(client->fd, F_SETFL, fcntl(client->fd, F_GETFL) | O_NONBLOCK);
    if (dialect == V1)
        say_text(client, "{\"op\":\"hello\",\"from\":1}");
    else if (dialect == NATS)
        say_text(client, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB events 1\r\nPING\r\n");
    else if (dialect == FRAMES)
        follow(client);
    hear(client, end + 4, answer + length - (end + 4));
}

static void receive(struct client *client)
{
    static char bytes[READ_BYTES];
    ssize_t count = recv(client->fd, bytes, sizeof bytes, 0);
    if (count == 0)
        fail("The server has dropped a connection");
    if (count < 0 && errno != EAGAIN && errno != EINTR)
        fail("A connection is broken: %s", strerror(errno));
    if (count > 0) {
        now = clock_now();
        hear(client, bytes, count);
    }
}

static void tick(void)
{
    uint64_t slowest = UINT64_MAX;
    for (unsigned index = 0; index < client_count; index++) {
        struct client *client = &clients[index];
        /* What is lost is not waited for; it is told at the end. */
        slowest = client->next - 1 < slowest ? client->next - 1 : slowest;
        if (client->owed_events && now - client->owed_since > ACK_MICROSECONDS)
            acknowledge(client);
    }
    ledger[0] = slowest;
}

static void report(double cpu)
{
    uint64_t received = 0, doubled = 0, out_of_order = 0;
    for (unsigned index = 0; index < client_count; index++) {
        received += clients[index].received;
        doubled += clients[index].doubled;
        out_of_order += clients[index].out_of_order;
    }
    printf("{\"clients\":%u,\"events\":%llu,\"received\":%llu,\"lost\":%llu,\"doubled\":%llu,\"out_of_order\":%llu,"
           "\"frames\":%llu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"cpu_s\":%.3f,\"wall_s\":%.3f,\"took_ms\":%.1f}\n",
           client_count, (unsigned long long)expected, (unsigned long long)received,
           (unsigned long long)(expected * client_count - received), (unsigned long long)doubled,
           (unsigned long long)out_of_order, (unsigned long long)data_frames, quantile(0.5), quantile(0.99), cpu,
           (last_event - first_event) / 1e6, last_event > ledger[1] ? (last_event - ledger[1]) / 1e3 : 0);
    fflush(stdout);
}

static void run(int epoll)
{
    struct epoll_event ready[READY_EVENTS];
    uint64_t ticked = 0, heard = clock_now();
    bool is_said = false;
    double cpu = 0;
    while (complete < client_count) {
        int count = epoll_wait(epoll, ready, READY_EVENTS, 20);
        now = clock_now();
        for (int index = 0; index < count; index++)
            receive(ready[index].data.ptr);
        if (now - ticked > TICK_MICROSECONDS) {
            ticked = now;
            tick();
        }
        if (!is_said && following == client_count) {
            is_said = true;
            cpu = cpu_seconds();
            puts("ready");
            fflush(stdout);
        }
        heard = count > 0 ? now : heard;
        /* Heartbeats are nothing new. */
        if (now - heard > silence || (last_event && now - last_event > silence))
            break;
    }
    tick();
    report(cpu_seconds() - cpu);
}

static char *make_handshake(int port, const char *path, char **headers)
{
    char *handshake = NULL;
    size_t size = 0;
    FILE *text = open_memstream(&handshake, &size);
    fprintf(text, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n", path, port);
    if (dialect == SSE) {
        fprintf(text, "Accept: text/event-stream\r\n");
    } else {
        fprintf(text, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
        fprintf(text, "Sec-WebSocket-Key: c2lnbmFsY2FzdCBiZW5jaA==\r\n");
    }
    if (dialect == V1)
        fprintf(text, "Sec-WebSocket-Protocol: %s\r\n", names[V1]);
    for (; *headers; headers++)
        fprintf(text, "%s\r\n", *headers);
    fprintf(text, "\r\n");
    fclose(text);
    return handshake;
}

static void open_ledger(const char *path)
{
    int fd = open(path, O_RDWR);
    ledger = fd < 0 ? MAP_FAILED : mmap(NULL, (expected + 1) * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (ledger == MAP_FAILED)
        fail("The ledger cannot be opened: %s", strerror(errno));
}

int main(int count, char **words)
{
    struct rlimit files;
    int port, option, epoll = epoll_create1(0);
    char *handshake;
    while ((option = getopt(count, words, "+s:")) == 's')
        silence = strtoull(optarg, NULL, 10) * 1000000;
    words += optind - 1;
    if (option != -1 || count - optind < 6)
        fail("client [-s SECONDS] DIALECT PORT PATH CLIENTS EVENTS LEDGER [HEADER ...]");
    alarm(LIFE_SECONDS);
    while (dialect < DIALECTS && strcmp(words[1], names[dialect]))
        dialect++;
    if (dialect == DIALECTS)
        fail("%s is no dialect that is spoken here", words[1]);
    port = atoi(words[2]);
    client_count = atoi(words[4]);
    expected = strtoull(words[5], NULL, 10);
    open_ledger(words[6]);
    handshake = make_handshake(port, words[3], words + 7);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    clients = calloc(client_count, sizeof *clients);
    for (unsigned index = 0; index < client_count; index++) {
        struct client *client = &clients[index];
        struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = client};
        client->next = client->position = 1;
        client->seen = calloc(expected / 64 + 1, 8);
        connect_to(client, port, handshake);
        epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &wanted);
    }
    run(epoll);
    while (getchar() != EOF)
        ;
    return 0;
}
