/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about values: extremes of each number, times, strings of every length with every byte, and
 * `extra`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/conformance/world.h"

#define T1 "`field`.`t`"
#define SECOND INT64_C(1000000000)

union record {
    struct ckpt_task task;
    struct ckpt_table table;
    struct ckpt_engine engine;
    struct ckpt_chunk chunk;
    struct ckpt_source source;
    struct ckpt_failure failure;
};

static void sample(unsigned kind, union record *record)
{
    switch (kind) {
    case CKPT_PUT_TASK:
        record->task = kit_task();
        return;
    case CKPT_PUT_TABLE:
        record->table = kit_table(T1, 30);
        return;
    case CKPT_PUT_ENGINE:
        record->engine = kit_engine(T1, 0);
        return;
    case CKPT_PUT_CHUNK:
        record->chunk = kit_chunk(T1, 0, "a", 0);
        return;
    case CKPT_PUT_SOURCE:
        record->source = kit_source(T1, "a");
        return;
    default:
        record->failure = kit_failure(T1, "a", 0);
    }
}

typedef bool (*alter_fn)(struct kit *kit, union record *record, const struct kit_field *field,
                         unsigned round);

/* Puts one record of each kind, altered, and reads all back; a round alters every field. */
static int alter_all(struct kit *kit, alter_fn alter, unsigned rounds)
{
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    union record records[KIT_KINDS];
    struct ckpt_change changes[KIT_KINDS];

    KIT_TRY(kit_fresh(kit, &store));
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned kind = CKPT_PUT_TASK; kind < KIT_KINDS; kind++) {
            sample(kind, &records[kind]);
            for (const struct kit_field *field = kit_layout(kind)->fields; field->name; field++)
                if (!field->key)
                    (void)alter(kit, &records[kind], field, round);
            changes[kind - 1] = kit_put((enum ckpt_change_kind)kind, &records[kind]);
        }
        KIT_TRY(kit_world_apply(kit, &store, &world, changes, KIT_KINDS - 1));
        KIT_TRY(kit_world_expect(kit, &store, &world));
    }
    kit_close(&store);
    KIT_TRY(kit_open(kit, &store, 0));
    return kit_world_expect(kit, &store, &world);
}

static bool extreme(struct kit *kit, union record *record, const struct kit_field *field,
                    unsigned round)
{
    static const int64_t wide[] = {INT64_MAX,        INT64_MIN,  0,          -1,
                                   INT64_MIN + 1,    4294967296, 4294967295, 2147483648,
                                   9007199254740993, 1};
    static const int64_t narrow[] = {INT32_MAX, INT32_MIN, 0, -1, 255, 256, 65536, 1, 127, 128};
    static const int64_t status[] = {0, 25, 255, 200, 3, 210, 30, 127, 128, 1};

    (void)kit;
    if (field->type == KIT_I64 || field->type == KIT_U64)
        kit_field_set(record, field, wide[(round + field->offset / 8) % 10]);
    else if (field->type == KIT_I32)
        kit_field_set(record, field, narrow[(round + field->offset / 4) % 10]);
    else if (field->type == KIT_U32)
        kit_field_set(record, field, status[round % 10]);
    else if (field->type == KIT_FLAG)
        kit_field_set(record, field, round % 2);
    return true;
}

static int extremes_come_back(struct kit *kit)
{
    return alter_all(kit, extreme, 10);
}

static bool set_time(struct kit *kit, union record *record, const struct kit_field *field,
                     unsigned round)
{
    static const int64_t times[] = {1 * SECOND,
                                    1700000000 * SECOND + 999999999,
                                    1700000000 * SECOND + 1,
                                    2147483647 * SECOND,
                                    2147483648 * SECOND, /* 2038 */
                                    4102444800 * SECOND, /* 2100 */
                                    1711846800 * SECOND, /* a clock change in Europe */
                                    1711850400 * SECOND,
                                    1729990800 * SECOND,
                                    1729994400 * SECOND + 500000000,
                                    86399 * SECOND};

    (void)kit;
    if (field->type == KIT_TIME)
        kit_field_set(record, field, times[(round + field->offset / 8) % 11]);
    return true;
}

static int times_come_back(struct kit *kit)
{
    return alter_all(kit, set_time, 11);
}

/* Every byte, at every place of a length, NUL first; all lengths about the usual limits. */
static bool set_bytes(struct kit *kit, union record *record, const struct kit_field *field,
                      unsigned round)
{
    static char bytes[CKPT_MAX_EXTRA];
    static const size_t lens[] = {1, 255, 256, 257, 2, 64, 63, 65, 1000, 100000};
    size_t len = lens[round % 10];

    (void)kit;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * (1 + round / 5 * 6));
    if (field->type == KIT_STR)
        *kit_field_str(record, field) =
            (struct ckpt_str){bytes + round % 3 * 7, len < field->max - 14 ? len
                                                     : field->max > 14     ? field->max - 14
                                                                           : 1};
    return true;
}

static int bytes_come_back(struct kit *kit)
{
    return alter_all(kit, set_bytes, 20);
}

static bool set_longest(struct kit *kit, union record *record, const struct kit_field *field,
                        unsigned round)
{
    static char bytes[CKPT_MAX_EXTRA];

    (void)round;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)kit_random(kit, 256);
    if (strcmp(field->name, "extra") == 0 || strcmp(field->name, "message") == 0 ||
        strcmp(field->name, "hint") == 0 || strcmp(field->name, "fingerprint") == 0)
        *kit_field_str(record, field) = (struct ckpt_str){bytes, field->max};
    return true;
}

static int longest_come_back(struct kit *kit)
{
    return alter_all(kit, set_longest, 2);
}

/* Full, empty, full, NULs only: `extra` of each kind on its own. */
static bool set_extra(struct kit *kit, union record *record, const struct kit_field *field,
                      unsigned round)
{
    static const char nuls[CKPT_MAX_EXTRA];
    static char text[7][CKPT_MAX_EXTRA];
    static const size_t lens[] = {CKPT_MAX_EXTRA, 0, 1, CKPT_MAX_EXTRA, 0, 4095};
    char *own = text[field->offset / 8 % 7];

    (void)kit;
    if (strcmp(field->name, "extra") != 0)
        return false;
    for (size_t i = 0; i < CKPT_MAX_EXTRA; i++)
        own[i] = (char)(i * 31 + field->offset);
    *kit_field_str(record, field) = (struct ckpt_str){round == 3 ? nuls : own, lens[round % 6]};
    return true;
}

static int extra_comes_back(struct kit *kit)
{
    return alter_all(kit, set_extra, 6);
}

/* Every status, of a table, an engine and a failure. */
static int each_status_comes_back(struct kit *kit)
{
    enum { STATUSES = 256, AT_ONCE = 32 };
    KIT_STORE store = {0};
    KIT_WORLD world = {0};

    KIT_TRY(kit_fresh(kit, &store));
    for (uint32_t begin = 0; begin < STATUSES; begin += AT_ONCE) {
        char names[AT_ONCE][32];
        union record records[3 * AT_ONCE];
        struct ckpt_change changes[3 * AT_ONCE];

        for (uint32_t i = 0; i < AT_ONCE; i++) {
            union record *own = &records[3 * i];

            snprintf(names[i], sizeof(names[i]), "`field`.`s%u`", begin + i);
            own[0].table = kit_table(names[i], begin + i);
            own[1].engine = kit_engine(names[i], 0);
            own[2].failure = kit_failure(names[i], "a", 0);
            own[1].engine.status = own[2].failure.status = begin + i;
            changes[3 * i] = kit_put(CKPT_PUT_TABLE, &own[0]);
            changes[3 * i + 1] = kit_put(CKPT_PUT_ENGINE, &own[1]);
            changes[3 * i + 2] = kit_put(CKPT_PUT_FAILURE, &own[2]);
        }
        KIT_TRY(kit_world_apply(kit, &store, &world, changes, 3 * AT_ONCE));
    }
    KIT_TRY(kit_world_expect(kit, &store, &world));
    kit_close(&store);
    KIT_TRY(kit_open(kit, &store, CKPT_OPEN_READ_ONLY));
    return kit_world_expect(kit, &store, &world);
}

const struct kit_rule kit_rules_fields[] = {
    {"extreme-numbers", "extremes of every number come back", extremes_come_back, 0},
    {"each-status", "every status from 0 to 255 comes back", each_status_comes_back, 0},
    {"times", "times come back, at most rounded down to the second", times_come_back, 0},
    {"string-bytes", "strings of any bytes and lengths come back", bytes_come_back, 0},
    {"longest-strings", "the longest extra, message, hint and fingerprint come back",
     longest_come_back, 0},
    {"extra", "extra of every kind comes back untouched, also empty after full", extra_comes_back,
     0},
    {NULL, NULL, NULL, 0},
};
