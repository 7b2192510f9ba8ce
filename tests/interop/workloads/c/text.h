/* A string that grows. */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>

struct text {
    char *bytes; /* always ends with a NUL that is not counted */
    size_t length;
    size_t room;
};

void text_init(struct text *text);
void text_free(struct text *text);

/* Appends; returns 0, or -1 if there is no memory, and then nothing has changed. */
int text_add(struct text *text, const char *bytes, size_t length);
int text_add_char(struct text *text, char byte);

#endif
