/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See fault_plan.h.
 */
#include "fault_plan.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct plan {
    char text[512]; /* as in the environment */
    unsigned long long nth;
    bool sticky;
    bool after;
    bool records;
    const char *code;
    unsigned methods; /* bits */
    char calls[256];
    unsigned long long events, faults;
};

static const char *const method_names[FAULT_METHODS] = {
    "default_dsn", "open", "describe", "apply", "load_task", "load_table", "each_table", "retire"};

static const struct {
    const char *name;
    int code;
    int32_t native;
    uint32_t retryable;
} codes[] = {{"err", CKPT_ERR, 5, 0},
             {"nomem", CKPT_ERR_NOMEM, 12, 0},
             {"full", CKPT_ERR_FULL, 28, 0},
             {"lost", CKPT_ERR_LOST, 2013, 1},
             {"corrupt", CKPT_ERR_CORRUPT, 0, 0},
             {"busy", CKPT_ERR_BUSY, 16, 0}};

/* The one state of the process: a sweep counts over all stores. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct plan plan;

static unsigned method_bits(const char *list)
{
    unsigned bits = 0;

    while (*list) {
        size_t len = strcspn(list, "+");

        for (int i = 0; i < FAULT_METHODS; i++)
            if (strlen(method_names[i]) == len && strncmp(method_names[i], list, len) == 0)
                bits |= 1u << i;
        list += len + (list[len] == '+');
    }
    return bits;
}

static void read_word(struct plan *out, const char *word)
{
    if (strncmp(word, "nth=", 4) == 0)
        out->nth = strtoull(word + 4, NULL, 10);
    else if (strncmp(word, "methods=", 8) == 0)
        out->methods = method_bits(word + 8);
    else if (strncmp(word, "calls=", 6) == 0)
        snprintf(out->calls, sizeof(out->calls), "%s", word + 6);
    else if (strncmp(word, "code=", 5) == 0)
        for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
            out->code = strcmp(word + 5, codes[i].name) == 0 ? codes[i].name : out->code;
    out->sticky = out->sticky || strcmp(word, "sticky") == 0;
    out->after = out->after || strcmp(word, "after") == 0;
    out->records = out->records || strcmp(word, "unit=record") == 0;
}

/* Under the lock. */
static void read_plan(void)
{
    const char *text = getenv("CKPT_FAULT");
    char words[sizeof(plan.text)];

    if (!text)
        text = "";
    if (plan.code && strcmp(text, plan.text) == 0)
        return;
    memset(&plan, 0, sizeof(plan));
    plan.code = codes[0].name;
    plan.methods = ~0u;
    snprintf(plan.text, sizeof(plan.text), "%s", text);
    snprintf(words, sizeof(words), "%s", text);
    for (char *rest = words, *word; (word = strsep(&rest, ",")) != NULL;)
        read_word(&plan, word);
}

/* Under the lock; whole at every moment, since the process may be killed. */
static void write_calls(void)
{
    char line[64];
    int len = snprintf(line, sizeof(line), "%20llu %20llu\n", plan.events, plan.faults);
    int fd = plan.calls[0] ? open(plan.calls, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;

    if (fd < 0)
        return;
    if (pwrite(fd, line, (size_t)len, 0) != len)
        abort(); /* a sweep without its count would end too early */
    close(fd);
}

/* Under the lock: counts an event and judges it. */
static bool is_due(enum fault_method method)
{
    bool due;

    if (!(plan.methods & 1u << method))
        return false;
    plan.events++;
    due = plan.nth != 0 && (plan.sticky ? plan.events >= plan.nth : plan.events == plan.nth);
    plan.faults += due;
    write_calls();
    return due;
}

enum fault_fate fault_call(enum fault_method method)
{
    enum fault_fate fate = FAULT_NONE;

    pthread_mutex_lock(&lock);
    read_plan();
    if (!plan.records && is_due(method))
        fate = plan.after ? FAULT_AFTER : FAULT_INSTEAD;
    pthread_mutex_unlock(&lock);
    return fate;
}

bool fault_record(enum fault_method method)
{
    bool due;

    pthread_mutex_lock(&lock);
    due = plan.records && is_due(method);
    pthread_mutex_unlock(&lock);
    return due;
}

int fault_error(enum fault_method method, struct ckpt_error *err)
{
    size_t i = 0;

    pthread_mutex_lock(&lock);
    while (strcmp(codes[i].name, plan.code) != 0)
        i++;
    pthread_mutex_unlock(&lock);
    err->retryable = codes[i].retryable;
    return ckpt_error_set(err, codes[i].code, codes[i].native, "planned fault in %s (%s)",
                          method_names[method], codes[i].name);
}
