/* A table from words to counts. */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>

struct entry {
    char *word;
    unsigned long count;
};

struct table {
    struct entry *entries;
    size_t used;
    size_t room; /* a power of two, or 0 */
};

void table_init(struct table *table);
void table_free(struct table *table);

/* The count of a word, to be changed; NULL if there is no memory. */
unsigned long *table_count(struct table *table, const char *word);

#endif
