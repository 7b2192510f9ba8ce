/* A string that grows. */
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static char nothing[1];

void text_init(struct text *text)
{
    text->bytes = nothing;
    text->length = 0;
    text->room = 0;
}

void text_free(struct text *text)
{
    if (text->room > 0)
        free(text->bytes);
    text_init(text);
}

static int grow(struct text *text, size_t length)
{
    size_t room = text->room > 0 ? text->room : 16;
    char *bytes;

    if (length > SIZE_MAX / 2 - text->length)
        return -1;
    while (room <= text->length + length)
        room *= 2;
    if (room == text->room)
        return 0;
    bytes = realloc(text->room > 0 ? text->bytes : NULL, room);
    if (bytes == NULL)
        return -1;
    text->bytes = bytes;
    text->room = room;
    return 0;
}

int text_add(struct text *text, const char *bytes, size_t length)
{
    if (grow(text, length) != 0)
        return -1;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
    return 0;
}

int text_add_char(struct text *text, char byte)
{
    return text_add(text, &byte, 1);
}
