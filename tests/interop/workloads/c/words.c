/* Counts the words of its input. */
#include "settings.h"
#include "table.h"
#include "text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static int by_count(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;

    return (a->count < b->count) - (a->count > b->count);
}

static void print(struct table *table)
{
    size_t place;

    qsort(table->entries, table->room, sizeof *table->entries, by_count);
    for (place = 0; place < table->used && place < MOST_WORDS; place++)
        printf("%8lu %s\n", table->entries[place].count, table->entries[place].word);
}

int main(void)
{
    struct table table;
    struct text word;
    int byte, failed = 0;

    table_init(&table);
    text_init(&word);
    do {
        byte = getchar();
        if (byte != EOF && isalnum(byte)) {
            failed = text_add_char(&word, (char)tolower(byte));
        } else if (word.length > 0) {
            unsigned long *count = table_count(&table, word.bytes);

            if (count == NULL)
                failed = 1;
            else
                ++*count;
            word.length = 0;
        }
    } while (byte != EOF && !failed);
    if (failed)
        fputs("words: out of memory\n", stderr);
    else
        print(&table);
    text_free(&word);
    table_free(&table);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
