/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only C++ file: toml++ in, C nodes out. Every function with C linkage is noexcept and catches
 * all exceptions.
 */
#include "core/config/toml_reader.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string_view>
#include <toml++/toml.h>

namespace
{

/* Deeper tables have no meaning here; the limit bounds the recursion of everything that follows. */
constexpr int max_depth = 16;

struct tree_deleter {
    void operator()(tl_toml *node) const
    {
        tl_toml_free(node);
    }
};
using tree = std::unique_ptr<tl_toml, tree_deleter>;

/* What stops a conversion, with the line that it concerns. */
struct bad_input {
    const char *reason;
    unsigned line;
};

char *copy_text(std::string_view text, unsigned line)
{
    char *copy;

    if (text.find('\0') != std::string_view::npos)
        throw bad_input{"a string contains a NUL character", line};
    copy = static_cast<char *>(std::malloc(text.size() + 1));
    if (!copy)
        throw std::bad_alloc();
    text.copy(copy, text.size());
    copy[text.size()] = '\0';
    return copy;
}

tree convert(const toml::node &node, unsigned line, int depth);

void add_child(tl_toml *parent, size_t room, tree child)
{
    if (!parent->children)
        parent->children = static_cast<tl_toml **>(std::calloc(room, sizeof(tl_toml *)));
    if (!parent->children)
        throw std::bad_alloc();
    parent->children[parent->child_count++] = child.release();
}

void convert_table(tl_toml *out, const toml::table &table, int depth)
{
    out->kind = TL_TOML_TABLE;
    for (const auto &[key, value] : table) {
        unsigned line = key.source().begin.line;
        tree child = convert(value, line, depth + 1);

        child->key = copy_text(key.str(), line);
        add_child(out, table.size(), std::move(child));
    }
    if (out->child_count > 1)
        std::stable_sort(out->children, out->children + out->child_count,
                         [](const tl_toml *a, const tl_toml *b) { return a->line < b->line; });
}

void convert_array(tl_toml *out, const toml::array &array, int depth)
{
    out->kind = TL_TOML_ARRAY;
    for (const auto &value : array)
        add_child(out, array.size(), convert(value, value.source().begin.line, depth + 1));
}

tree convert(const toml::node &node, unsigned line, int depth)
{
    tree out(static_cast<tl_toml *>(std::calloc(1, sizeof(tl_toml))));

    if (!out)
        throw std::bad_alloc();
    if (depth > max_depth)
        throw bad_input{"tables or arrays are nested too deeply", line};
    out->line = line;
    out->kind = TL_TOML_TIME;
    if (const auto *table = node.as_table()) {
        convert_table(out.get(), *table, depth);
    } else if (const auto *array = node.as_array()) {
        convert_array(out.get(), *array, depth);
    } else if (const auto *text = node.as_string()) {
        out->kind = TL_TOML_STRING;
        out->text = copy_text(text->get(), line);
    } else if (const auto *integer = node.as_integer()) {
        out->kind = TL_TOML_INTEGER;
        out->integer = integer->get();
    } else if (const auto *number = node.as_floating_point()) {
        out->kind = TL_TOML_FLOAT;
        out->number = number->get();
    } else if (const auto *boolean = node.as_boolean()) {
        out->kind = TL_TOML_BOOLEAN;
        out->boolean = boolean->get();
    }
    return out;
}

/* The part of a line (from 1) in front of '='. */
std::string_view key_on_line(std::string_view text, unsigned line)
{
    for (; line > 1 && !text.empty(); line--)
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    text = text.substr(0, text.find('\n'));
    return text.substr(0, text.find('='));
}

int report(const toml::parse_error &e, std::string_view text, const char *name, tl_error *err)
{
    std::string_view reason = e.description();
    std::string_view key = key_on_line(text, e.source().begin.line);

    /* "expected 'true', saw 'ts'": the beginning of what may be an unquoted password. */
    if (tl_secret_is_name(key.data(), key.size()) || key.find("dsn") != std::string_view::npos)
        reason = reason.substr(0, reason.find(", saw"));
    return tl_error_set(err, TL_ERR_USAGE, "%s:%u:%u: %.*s", name, e.source().begin.line,
                        e.source().begin.column, static_cast<int>(reason.size()), reason.data());
}

} // namespace

extern "C" int tl_toml_parse(struct tl_toml **root_out, const char *text, size_t len,
                             const char *name, struct tl_error *err) noexcept
{
    try {
        /* Without a name for the source: toml++ copies it where it may not throw. */
        toml::table table = toml::parse(std::string_view(text, len));

        *root_out = convert(table, 1, 0).release();
        return TL_OK;
    } catch (const toml::parse_error &e) {
        return report(e, std::string_view(text, len), name, err);
    } catch (const bad_input &e) {
        return tl_error_set(err, TL_ERR_USAGE, "%s:%u: %s", name, e.line, e.reason);
    } catch (const std::bad_alloc &) {
        return tl_error_nomem(err);
    } catch (...) {
        return tl_error_set(err, TL_ERR_USAGE, "%s cannot be read as TOML", name);
    }
}

extern "C" void tl_toml_free(struct tl_toml *node) noexcept
{
    if (!node)
        return;
    for (size_t i = 0; i < node->child_count; i++)
        tl_toml_free(node->children[i]);
    if (node->text)
        explicit_bzero(node->text, std::strlen(node->text));
    std::free(node->text);
    std::free(node->key);
    std::free(node->children);
    std::free(node);
}

extern "C" const char *tl_toml_kind_name(enum tl_toml_kind kind) noexcept
{
    switch (kind) {
    case TL_TOML_STRING:
        return "a string";
    case TL_TOML_INTEGER:
        return "an integer";
    case TL_TOML_FLOAT:
        return "a float";
    case TL_TOML_BOOLEAN:
        return "a boolean";
    case TL_TOML_TIME:
        return "a date or time";
    case TL_TOML_ARRAY:
        return "an array";
    case TL_TOML_TABLE:
        return "a table";
    }
    return "a value";
}
