/* A table from words to counts: open addressing, at most three quarters full. */
#include "table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void table_init(struct table *table)
{
    memset(table, 0, sizeof *table);
}

void table_free(struct table *table)
{
    size_t place;

    for (place = 0; place < table->room; place++)
        free(table->entries[place].word);
    free(table->entries);
    table_init(table);
}

/* FNV-1a */
static uint32_t hash(const char *word)
{
    uint32_t sum = 2166136261u;

    for (; *word != '\0'; word++)
        sum = (sum ^ (unsigned char)*word) * 16777619u;
    return sum;
}

static struct entry *find(struct entry *entries, size_t room, const char *word)
{
    size_t place = hash(word) & (room - 1);

    while (entries[place].word != NULL && strcmp(entries[place].word, word) != 0)
        place = (place + 1) & (room - 1);
    return &entries[place];
}

static int grow(struct table *table)
{
    size_t room = table->room > 0 ? table->room * 2 : 16, place;
    struct entry *entries = calloc(room, sizeof *entries);

    if (entries == NULL)
        return -1;
    for (place = 0; place < table->room; place++)
        if (table->entries[place].word != NULL)
            *find(entries, room, table->entries[place].word) = table->entries[place];
    free(table->entries);
    table->entries = entries;
    table->room = room;
    return 0;
}

unsigned long *table_count(struct table *table, const char *word)
{
    struct entry *entry;
    size_t length = strlen(word) + 1;

    if ((table->used + 1) * 4 > table->room * 3 && grow(table) != 0)
        return NULL;
    entry = find(table->entries, table->room, word);
    if (entry->word == NULL) {
        entry->word = malloc(length);
        if (entry->word == NULL)
            return NULL;
        memcpy(entry->word, word, length);
        table->used++;
    }
    return &entry->count;
}
