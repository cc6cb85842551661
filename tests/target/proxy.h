/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A proxy between a test and the server that cuts the connection when the client sends a certain
 * text: before the server has it, after the server has answered it, or so that the server never
 * learns that the client is gone. It also counts what the client sends.
 */
#ifndef TL_TESTS_TARGET_PROXY_H
#define TL_TESTS_TARGET_PROXY_H

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <stdlib.h>
#include <unistd.h>

enum proxy_cut { CUT_BEFORE, CUT_AFTER, CUT_CLIENT_ONLY };

struct proxy {
    char path[64];
    const char *server;
    const char *trigger;
    enum proxy_cut cut;
    void (*on_cut)(void); /* NULL, or called while the client still waits */
    atomic_int passes;    /* so often the text goes through before the first cut */
    atomic_int cuts_left;
    atomic_int requests;
    int listener;
    pthread_t thread;
};

static inline int proxy_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

struct proxy_pair {
    struct proxy *proxy;
    int client;
    int server;
};

/* True: the pair is over. */
static inline bool proxy_from_client(struct proxy_pair *pair)
{
    static _Thread_local char data[1 << 20];
    struct proxy *proxy = pair->proxy;
    ssize_t len = read(pair->client, data, sizeof(data));

    if (len <= 0)
        return true;
    atomic_fetch_add(&proxy->requests, 1);
    if (proxy->trigger && atomic_load(&proxy->cuts_left) > 0 &&
        memmem(data, (size_t)len, proxy->trigger, strlen(proxy->trigger)) &&
        atomic_fetch_sub(&proxy->passes, 1) <= 0) {
        atomic_fetch_sub(&proxy->cuts_left, 1);
        if (proxy->cut == CUT_AFTER && write(pair->server, data, (size_t)len) == len)
            (void)!read(pair->server, data, sizeof(data));
        if (proxy->on_cut)
            proxy->on_cut();
        if (proxy->cut == CUT_CLIENT_ONLY)
            pair->server = -1; /* left open for ever */
        return true;
    }
    return write(pair->server, data, (size_t)len) != len;
}

static inline void *proxy_pump(void *payload)
{
    struct proxy_pair *pair = payload;
    char data[65536];
    bool over = false;

    while (!over) {
        struct pollfd fds[2] = {{pair->client, POLLIN, 0}, {pair->server, POLLIN, 0}};

        if (poll(fds, 2, -1) < 0)
            break;
        if (fds[0].revents)
            over = proxy_from_client(pair);
        if (!over && fds[1].revents) {
            ssize_t len = read(pair->server, data, sizeof(data));

            over = len <= 0 || write(pair->client, data, (size_t)len) != len;
        }
    }
    close(pair->client);
    if (pair->server >= 0)
        close(pair->server);
    free(pair);
    return NULL;
}

static inline void *proxy_accept(void *payload)
{
    struct proxy *proxy = payload;
    int client;

    while ((client = accept(proxy->listener, NULL, NULL)) >= 0) {
        struct proxy_pair *pair = calloc(1, sizeof(*pair));
        pthread_t thread;

        pair->proxy = proxy;
        pair->client = client;
        pair->server = proxy_connect(proxy->server);
        pthread_create(&thread, NULL, proxy_pump, pair);
        pthread_detach(thread);
    }
    return NULL;
}

static inline void proxy_begin(struct proxy *proxy, const char *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memset(proxy, 0, sizeof(*proxy));
    proxy->server = server;
    snprintf(proxy->path, sizeof(proxy->path), "/tmp/tl-proxy-%d.sock", (int)getpid());
    unlink(proxy->path);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", proxy->path);
    proxy->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(proxy->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(proxy->listener, 16), 0);
    pthread_create(&proxy->thread, NULL, proxy_accept, proxy);
}

static inline void proxy_end(struct proxy *proxy)
{
    shutdown(proxy->listener, SHUT_RDWR);
    pthread_join(proxy->thread, NULL);
    close(proxy->listener);
    unlink(proxy->path);
}

#endif
