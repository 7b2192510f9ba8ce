/* Does not compile. */
#include "text.h"

int text_end(const struct text *text)
{
    return text->bytes[undeclared_here];
}
