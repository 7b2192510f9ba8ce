/* Many mixing functions, each unrolled: the optimizer has something to do for about a second. */
#include <stdint.h>

#define TURN(x, n) (((x) << (n)) | ((x) >> (32 - (n))))

#define QUARTER(a, b, c, d, n)            \
    a += b, d ^= a, d = TURN(d, 16 - (n)); \
    c += d, b ^= c, b = TURN(b, 12 - (n)); \
    a += b, d ^= a, d = TURN(d, 8 - (n));  \
    c += d, b ^= c, b = TURN(b, 7 - (n));

#define DOUBLE(n)                      \
    QUARTER(x[0], x[4], x[8], x[12], n)  \
    QUARTER(x[1], x[5], x[9], x[13], n)  \
    QUARTER(x[2], x[6], x[10], x[14], n) \
    QUARTER(x[3], x[7], x[11], x[15], n) \
    QUARTER(x[0], x[5], x[10], x[15], n) \
    QUARTER(x[1], x[6], x[11], x[12], n) \
    QUARTER(x[2], x[7], x[8], x[13], n)  \
    QUARTER(x[3], x[4], x[9], x[14], n)

#define MIXER(name, n)                                   \
    void mix_##name(uint32_t *out, const uint32_t *in)   \
    {                                                    \
        uint32_t x[16];                                  \
        int i;                                           \
        for (i = 0; i < 16; i++)                         \
            x[i] = in[i];                                \
        DOUBLE(n) DOUBLE(n) DOUBLE(n) DOUBLE(n) DOUBLE(n) \
        DOUBLE(n) DOUBLE(n) DOUBLE(n) DOUBLE(n) DOUBLE(n) \
        for (i = 0; i < 16; i++)                         \
            out[i] = x[i] + in[i];                       \
    }

#define MIXERS(name) MIXER(name##0, 0) MIXER(name##1, 1) MIXER(name##2, 2) MIXER(name##3, 3) MIXER(name##4, 4) MIXER(name##5, 5)

MIXERS(a)
MIXERS(b)
