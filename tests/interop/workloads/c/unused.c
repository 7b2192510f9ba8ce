/* Compiles with a warning. */
#include "text.h"

int text_is_empty(const struct text *text)
{
    int forgotten;

    return text->length == 0;
}
