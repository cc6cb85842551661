/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a dump's session as compact JSON text in a ledger row. See ledger_internal.h.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "core/target/ledger_internal.h"

static bool add(cJSON *object, const char *name, const char *value)
{
    return !*value || cJSON_AddStringToObject(object, name, value) != NULL;
}

int tl_ledger_add_state(struct tl_buf *sql, const struct tl_session_state *state)
{
    cJSON *object;
    char *text = NULL;
    int rc = TL_ERR_NOMEM;

    if (!state->charset[0] && !state->collation[0] && !state->time_zone[0] &&
        !state->sql_mode_given)
        return tl_buf_adds(sql, "NULL");
    object = cJSON_CreateObject();
    if (object && add(object, "charset", state->charset) &&
        add(object, "collation", state->collation) && add(object, "time_zone", state->time_zone) &&
        (!state->sql_mode_given || cJSON_AddStringToObject(object, "sql_mode", state->sql_mode)))
        text = cJSON_PrintUnformatted(object);
    if (text)
        rc = tl_sql_add_text(sql, text, strlen(text));
    cJSON_free(text);
    cJSON_Delete(object);
    return rc;
}

static void get(const cJSON *object, const char *name, char *value, size_t size)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    snprintf(value, size, "%s", text ? text : "");
}

int tl_ledger_read_state(const char *text, struct tl_session_state *state_out, struct tl_error *err)
{
    struct tl_session_state state;
    cJSON *object;

    memset(&state, 0, sizeof(state));
    if (text) {
        object = cJSON_Parse(text);
        if (!cJSON_IsObject(object)) {
            cJSON_Delete(object);
            return tl_error_set(err, TL_ERR, "a session state in the ledger is damaged: %s", text);
        }
        get(object, "charset", state.charset, sizeof(state.charset));
        get(object, "collation", state.collation, sizeof(state.collation));
        get(object, "time_zone", state.time_zone, sizeof(state.time_zone));
        get(object, "sql_mode", state.sql_mode, sizeof(state.sql_mode));
        state.sql_mode_given = cJSON_HasObjectItem(object, "sql_mode");
        cJSON_Delete(object);
    }
    *state_out = state;
    return TL_OK;
}
