/* What words.c is built with. */
#ifndef SETTINGS_H
#define SETTINGS_H

#define MOST_WORDS 20

#endif
