/* Loops over the numbers of a tile: those for which NumPy has no ufunc, and those that are faster than NumPy's and give the same bits.

   A compiler that can makes several versions of a loop, for processors with wider vectors; the version is chosen when the part is loaded.
   No version rounds otherwise: each does the same operations in the same order. */

#ifndef LOSSCLI_LOOPS_H
#define LOSSCLI_LOOPS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define HAS_SSE2 1
#endif

/* glibc alone chooses a version at load time. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__has_attribute)
#if __has_attribute(target_clones)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif
#ifndef FOR_EACH_PROCESSOR
#define FOR_EACH_PROCESSOR
#endif

typedef void (*Loop)(char **, intptr_t const *, intptr_t const *, void *);

/* ---- one of two numbers ---------------------------------------------------------------------------------------------------- */

FOR_EACH_PROCESSOR static void select_from_arrays(const uint8_t *c, const int64_t *x, const int64_t *y, int64_t *__restrict out, intptr_t n)
{
    for (intptr_t i = 0; i < n; i++) { int64_t m = -(int64_t)c[i]; out[i] = ((x[i] ^ y[i]) & m) ^ y[i]; }
}

FOR_EACH_PROCESSOR static void select_or_one(const uint8_t *c, const int64_t *x, int64_t y, int64_t *__restrict out, intptr_t n)
{
    for (intptr_t i = 0; i < n; i++) { int64_t m = -(int64_t)c[i]; out[i] = ((x[i] ^ y) & m) ^ y; }
}

FOR_EACH_PROCESSOR static void select_one_or(const uint8_t *c, int64_t x, const int64_t *y, int64_t *__restrict out, intptr_t n)
{
    for (intptr_t i = 0; i < n; i++) { int64_t m = -(int64_t)c[i]; out[i] = ((x ^ y[i]) & m) ^ y[i]; }
}

FOR_EACH_PROCESSOR static void select_of_two(const uint8_t *c, int64_t x, int64_t y, int64_t *__restrict out, intptr_t n)
{
    for (intptr_t i = 0; i < n; i++) out[i] = ((x ^ y) & -(int64_t)c[i]) ^ y;
}

static void select_loop(char **args, intptr_t const *n, intptr_t const *step, void *data)
{
    (void)data;
    char *c = args[0], *x = args[1], *y = args[2], *out = args[3];
    if (step[0] == 1 && step[3] == 8 && (step[1] == 8 || step[1] == 0) && (step[2] == 8 || step[2] == 0)) {
        const uint8_t *flags = (const uint8_t *)c;
        const int64_t *p = (const int64_t *)x, *q = (const int64_t *)y;
        if (step[1] && step[2]) select_from_arrays(flags, p, q, (int64_t *)out, *n);
        else if (step[1]) select_or_one(flags, p, *q, (int64_t *)out, *n);
        else if (step[2]) select_one_or(flags, *p, q, (int64_t *)out, *n);
        else select_of_two(flags, *p, *q, (int64_t *)out, *n);
        return;
    }
    for (intptr_t i = 0; i < *n; i++, c += step[0], x += step[1], y += step[2], out += step[3])
        *(int64_t *)out = *c ? *(int64_t *)x : *(int64_t *)y;
}

/* ---- the greater and the lesser of a number and a bound ---------------------------------------------------------------------- */

/* NumPy has fast loops for two arrays alone; `data` is its loop. Python checks that NumPy takes the bound where a number is equal to it, as
   0 and -0 are. */
#define BOUNDED(name, beyond)                                                                                         \
    FOR_EACH_PROCESSOR static void name##_of(const double *x, double bound, double *__restrict out, intptr_t n)         \
    {                                                                                                                 \
        for (intptr_t i = 0; i < n; i++) out[i] = bound beyond x[i] ? bound : x[i];                                   \
    }                                                                                                                 \
    static void name##_loop(char **args, intptr_t const *n, intptr_t const *step, void *data)                         \
    {                                                                                                                 \
        double bound = *(double *)args[1];                                                                            \
        if (step[0] == 8 && step[1] == 0 && step[2] == 8 && bound == bound)                                           \
            name##_of((const double *)args[0], bound, (double *)args[2], *n);                                         \
        else                                                                                                          \
            ((Loop)(intptr_t)data)(args, n, step, NULL);                                                              \
    }

BOUNDED(maximum, >=)
BOUNDED(minimum, <=)

/* ---- copies ------------------------------------------------------------------------------------------------------------------ */

#define CAST(name, from, to)                                                                                          \
    FOR_EACH_PROCESSOR static void name##_of(const from *x, to *__restrict out, intptr_t n)                             \
    {                                                                                                                 \
        for (intptr_t i = 0; i < n; i++) out[i] = (to)x[i];                                                           \
    }                                                                                                                 \
    static void name(char **args, intptr_t const *n, intptr_t const *step, void *data)                                \
    {                                                                                                                 \
        (void)data;                                                                                                   \
        char *x = args[0], *out = args[1];                                                                            \
        if (step[0] == sizeof(from) && step[1] == sizeof(to))                                                         \
            name##_of((const from *)x, (to *)out, *n);                                                                \
        else                                                                                                          \
            for (intptr_t i = 0; i < *n; i++, x += step[0], out += step[1]) *(to *)out = (to) * (from *)x;            \
    }

CAST(copy_loop, int64_t, int64_t)
CAST(bool_to_double, uint8_t, double)
CAST(bool_to_int, uint8_t, int64_t)
CAST(int_to_double, int64_t, double)

/* Copies rows of `width` numbers, which are contiguous, to columns of `apart` numbers. */
static void transpose(const int64_t *x, int64_t *__restrict out, intptr_t rows, intptr_t width, intptr_t apart)
{
    intptr_t r = 0;
#ifdef HAS_SSE2
    for (; r + 2 <= rows; r += 2, x += 2 * width) { /* two rows and two columns at a time */
        intptr_t c = 0;
        for (; c + 2 <= width; c += 2) {
            __m128i a = _mm_loadu_si128((const __m128i *)(x + c)), b = _mm_loadu_si128((const __m128i *)(x + width + c));
            _mm_storeu_si128((__m128i *)(out + c * apart + r), _mm_unpacklo_epi64(a, b));
            _mm_storeu_si128((__m128i *)(out + (c + 1) * apart + r), _mm_unpackhi_epi64(a, b));
        }
        if (c < width) {
            out[c * apart + r] = x[c];
            out[c * apart + r + 1] = x[width + c];
        }
    }
#endif
    for (; r < rows; r++, x += width)
        for (intptr_t c = 0; c < width; c++) out[c * apart + r] = x[c];
}

/* ---- bounds ------------------------------------------------------------------------------------------------------------------ */

/* Flags: which numbers do not lie between two bounds. No nan does. */
#define OUTSIDE(name, type)                                                                                           \
    static void name(char **args, intptr_t const *n, intptr_t const *step, void *data)                                \
    {                                                                                                                 \
        (void)data;                                                                                                   \
        char *x = args[0], *least = args[1], *most = args[2], *out = args[3];                                         \
        for (intptr_t i = 0; i < *n; i++, x += step[0], least += step[1], most += step[2], out += step[3])            \
            *out = !(*(type *)x >= *(type *)least && *(type *)x <= *(type *)most);                                    \
    }

OUTSIDE(double_outside, double)
OUTSIDE(int_outside, int64_t)

/* Whether all of n doubles, which are contiguous, lie between two bounds. */
FOR_EACH_PROCESSOR static int doubles_within(const double *x, intptr_t n, double least, double most)
{
    double outside = 0.0; /* no flag: a vector holds as many doubles as numbers */
    for (intptr_t i = 0; i < n; i++) outside = (x[i] >= least) & (x[i] <= most) ? outside : 1.0;
    return outside == 0.0;
}

/* The same of integers. */
FOR_EACH_PROCESSOR static int ints_within(const int64_t *x, intptr_t n, int64_t least, int64_t most)
{
    uint64_t width = (uint64_t)most - (uint64_t)least;
    int64_t outside = 0;
    for (intptr_t i = 0; i < n; i++) outside |= (uint64_t)x[i] - (uint64_t)least > width;
    return !outside;
}

/* ---- sums in NumPy's order --------------------------------------------------------------------------------------------------- */

/* NumPy halves a row down to at most LEAF numbers. It adds those of a leaf to eight sums, number i to sum i % 8, which it adds at the end.
   A sum has to wait for its last addition, so four leaves are added at a time. */
enum { LEAF = 128, SUMS = 8, LEAVES = 4, LANES = 16 };

#ifdef __GNUC__
typedef double Eight __attribute__((vector_size(64), aligned(8), may_alias)); /* of any alignment */
#define ADD_EIGHT(sums, x) (sums) += *(const Eight *)(x)
#else
typedef struct { double at[SUMS]; } Eight;
#define ADD_EIGHT(sums, x) do { for (int k_ = 0; k_ < SUMS; k_++) (sums).at[k_] += (x)[k_]; } while (0)
#endif

static double end_of_leaf(const double *sums, const double *x, intptr_t i, intptr_t n)
{
    double sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    for (; i < n; i++) sum += x[i];
    return sum;
}

/* The sums of four leaves of n numbers, 8 <= n <= LEAF, whose first numbers are `apart` from each other. */
FOR_EACH_PROCESSOR static void sums_of_leaves(const double *x, intptr_t apart, intptr_t n, double *out)
{
    const double *y = x + apart, *z = y + apart, *w = z + apart;
    Eight sums[LEAVES], a, b, c, d;
    memcpy(&a, x, sizeof a);
    memcpy(&b, y, sizeof b);
    memcpy(&c, z, sizeof c);
    memcpy(&d, w, sizeof d);
    intptr_t i = SUMS;
    for (; i + SUMS <= n; i += SUMS) {
        ADD_EIGHT(a, x + i);
        ADD_EIGHT(b, y + i);
        ADD_EIGHT(c, z + i);
        ADD_EIGHT(d, w + i);
    }
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
    for (int k = 0; k < LEAVES; k++) out[k] = end_of_leaf((const double *)(sums + k), x + k * apart, i, n);
}

static double sum_of_leaf(const double *x, intptr_t n)
{
    double sums[SUMS], sum = -0.0; /* the sum of numbers that are all -0 is -0 */
    intptr_t i = SUMS;
    if (n < SUMS) {
        for (i = 0; i < n; i++) sum += x[i];
        return sum;
    }
    memcpy(sums, x, sizeof sums);
    for (; i + SUMS <= n; i += SUMS)
        for (int k = 0; k < SUMS; k++) sums[k] += x[i + k];
    return end_of_leaf(sums, x, i, n);
}

/* The sum of n doubles, which are contiguous. */
static double sum_of(const double *x, intptr_t n)
{
    if (n <= LEAF) return sum_of_leaf(x, n);
    if (n == LEAVES * LEAF) {
        double sums[LEAVES];
        sums_of_leaves(x, LEAF, LEAF, sums);
        return (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }
    intptr_t half = n / 2 - n / 2 % SUMS;
    double left = sum_of(x, half);
    return left + sum_of(x + half, n - half);
}

/* The sum of each of some rows of n numbers, which are contiguous; the rows and the sums have distances in numbers. */
static void sums_of_rows(const double *x, intptr_t apart, intptr_t n, double *out, intptr_t step, intptr_t rows)
{
    intptr_t r = 0;
    for (; n >= SUMS && n <= LEAF && r + LEAVES <= rows; r += LEAVES) {
        double sums[LEAVES];
        sums_of_leaves(x + r * apart, apart, n, sums);
        for (int k = 0; k < LEAVES; k++) out[(r + k) * step] = 0.0 + sums[k];
    }
    for (; r < rows; r++) out[r * step] = 0.0 + sum_of(x + r * apart, n);
}

/* The sum of each row, whose numbers are `apart` from each other: one column after the other, each of which is contiguous. */
FOR_EACH_PROCESSOR static void sums_of_columns(const double *x, intptr_t apart, intptr_t width, double *__restrict out, intptr_t rows)
{
    intptr_t r = 0;
    for (; r + LANES <= rows; r += LANES) {
        double sums[LANES] = {0};
        for (intptr_t c = 0; c < width; c++)
            for (int k = 0; k < LANES; k++) sums[k] += x[c * apart + r + k];
        memcpy(out + r, sums, sizeof sums);
    }
    for (; r < rows; r++) {
        double sum = 0.0;
        for (intptr_t c = 0; c < width; c++) sum += x[c * apart + r];
        out[r] = sum;
    }
}

#endif
